import EventLoop
import Glibc
import Service

Lifecycle.prepareSignals()
var reader = SettingsReader(environment: SettingsReader.processEnvironment, program: "mail-catcher")
let settings = CatcherSettings(reading: &reader)
let arguments = Array(CommandLine.arguments.dropFirst())
let about = """
    mail-catcher: takes every mail (SMTP) and every webhook (POST /webhooks/NAME) and shows them.

    By HTTP: /  /messages[?to=&after=&limit=]  /messages/N  /messages/N/raw  /webhooks[?name=]  /health
    DELETE /messages and /webhooks forget. Names that begin with reject, defer or slow get what they say.
    """

func end(_ text: String, _ code: Int32) -> Never {
    let line = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
    _ = write(code == 0 ? STDOUT_FILENO : STDERR_FILENO, line, line.count)
    exit(code)
}

if let (text, code) = reader.answer(to: arguments, about: about) { end(text, code) }
guard arguments.isEmpty else { end("mail-catcher takes no arguments; see --help", 64) }
do { try reader.finish() } catch { end("\(error)", SettingsError.exitCode) }
LogSink.standardError.level = settings.service.logLevel

do {
    let loop = try EventLoop(name: "catcher")
    loop.start()
    Lifecycle.runAndExit(
        services: [CatcherService(settings: settings, loop: loop, log: Log(component: "mail-catcher"))],
        on: loop,
        stopDeadline: settings.service.stopDeadline, log: Log(component: "mail-catcher"))
} catch { end("mail-catcher: \(error)", 1) }
