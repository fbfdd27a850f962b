import ControlPlane
import EventLoop
import Glibc
import Service

/// The operators' command line.
///
/// It speaks to the control plane by its API with `DISPATCH_URL` and `DISPATCH_TOKEN`; only `operator create`
/// goes to the database, because there is nobody to log in yet. Exit codes: 0 done, 1 refused or failed, 64
/// wrong usage, 78 wrong settings.
enum Program {
    static let usage = """
        dispatch: the operators' command line

        dispatch operator create EMAIL [--password-file FILE]   make an operator (DISPATCH_DATABASE_URL)
        dispatch login EMAIL [--password-file FILE]             print a token for DISPATCH_TOKEN
        dispatch node create NAME                               make a node; prints its one-time join token
        dispatch node list
        dispatch node drain|resume NODE                         NODE is a number or a name
        dispatch node remove NODE [--force]                     a day after it was drained, or by force
        dispatch tenant create NAME [--slug SLUG] [--plan PLAN]
        dispatch tenant list
        dispatch tenant suspend TENANT --reason TEXT
        dispatch tenant resume TENANT
        dispatch tenant plan TENANT PLAN
        \(PlanCommand.usage)
        dispatch user create EMAIL [--name NAME] [--operator] [--password-file FILE]
        dispatch domain override TENANT DOMAIN --reason TEXT
        dispatch snapshot show
        \(AuditCommand.usage)
        dispatch tracking-keys list|rotate|withdraw ID          the secrets of tracking and unsubscribe links

        How mail leaves:
        \(ShapingCommand.usage)
        \(ShapingTableCommand.usage)

        What waits:
        \(QueueCommand.usage)
        \(SpoolCommand.usage)

        Every command takes --json (print the answer as it is) and --help. A password comes from
        --password-file (`-` is standard input); without it one is made and shown, and `login` asks standard
        input.

        Settings: DISPATCH_URL (http://127.0.0.1:8080)  DISPATCH_TOKEN or DISPATCH_TOKEN_FILE
                  DISPATCH_DATABASE_URL or DISPATCH_DATABASE_URL_FILE, for `operator create`

        """

    static func run(_ words: [String]) -> Int32 {
        // Its words are those of another program.
        if words.first == "spool" { return fail("dispatch: \(SpoolCommand.run(words))", code: 1) }
        let arguments: Arguments
        do { arguments = try Arguments(words) } catch {
            return fail("dispatch: \(error)\n\n\(usage)", code: 64)
        }
        if arguments.flag("help") || words.isEmpty {
            print(Command.usage(of: arguments.words.first).map { $0 + "\n" } ?? usage, terminator: "")
            return words.isEmpty ? 64 : 0
        }
        let settings: CommandSettings
        do { settings = try CommandSettings.read() } catch {
            return fail("\(error)", code: SettingsError.exitCode)
        }
        signal(SIGPIPE, SIG_IGN)
        guard let loop = try? EventLoop(name: "dispatch") else {
            return fail("dispatch: no descriptors", code: 1)
        }
        loop.start()
        loop.spawn {
            do {
                try await Command.run(arguments, settings, on: loop)
                exit(0)
            } catch let error as UsageError {
                exit(fail("dispatch: \(error)\nSee dispatch --help.", code: 64))
            } catch { exit(fail("dispatch: \(Failure.text(error))", code: 1)) }
        }
        while true { pause() }
    }

    @discardableResult
    private static func fail(_ text: String, code: Int32) -> Int32 {
        Terminal.complain(text.hasSuffix("\n") ? text : text + "\n")
        return code
    }
}

/// What the environment says.
struct CommandSettings: Sendable {
    let url: String
    let token: Secret?
    let databaseURL: Secret?

    static func read() throws(SettingsError) -> CommandSettings {
        let others = SettingsReader.declarations { _ = ControlSettings(reading: &$0) }.map(\.name)
        var reader = SettingsReader(
            environment: SettingsReader.processEnvironment, program: "dispatch",
            alsoKnown: ControlSettings.siblings + others + others.map { "\($0)_FILE" })
        let settings = CommandSettings(
            url: reader.url(
                "DISPATCH_URL", default: "http://127.0.0.1:8080", help: "Base URL of the control plane."),
            token: reader.optionalSecret("DISPATCH_TOKEN", help: "An operator's token."),
            databaseURL: reader.optionalSecret(
                "DISPATCH_DATABASE_URL", help: "PostgreSQL, for `operator create`."))
        try reader.finish()
        return settings
    }
}
