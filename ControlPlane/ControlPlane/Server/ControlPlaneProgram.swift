import EventLoop
import Glibc
import Postgres
import Service

/// The program `control-plane`: `run` serves until it is told to stop, `migrate` brings the schema up to
/// date, `reseal` puts secrets under the newest master key.
package enum ControlPlaneProgram {
    private static let about = """
        control-plane run       serve the API, publish snapshots, take reports
        control-plane migrate   bring the schema of the database up to date and end
        control-plane reseal    put every secret in the database under the newest master key and end
        """

    /// - Returns: the exit code, unless the service runs: then the process ends by itself.
    package static func run(arguments: [String]) -> Int32 {
        var reader = SettingsReader(
            environment: SettingsReader.processEnvironment, program: "control-plane",
            alsoKnown: ControlSettings.siblings)
        let settings = ControlSettings(reading: &reader)
        if let answer = reader.answer(to: arguments, about: about) {
            write(answer.text, to: STDOUT_FILENO)
            return answer.exitCode
        }
        guard arguments.count == 1, let command = arguments.first,
            ["run", "migrate", "reseal"].contains(command)
        else {
            write("\(about)\n\nAlso: --help  --print-settings\n", to: STDERR_FILENO)
            return 64
        }
        do { try reader.finish() } catch {
            write("\(error)\n", to: STDERR_FILENO)
            return SettingsError.exitCode
        }
        Lifecycle.prepareSignals()
        return start(command, settings)
    }

    private static func start(_ command: String, _ settings: ControlSettings) -> Int32 {
        LogSink.standardError.level = settings.service.logLevel
        let log = Log(component: "control-plane")
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        guard
            let group = try? EventLoopGroup(count: settings.loops > 0 ? settings.loops : cores, name: "loop"),
            let loop = group.loops.first
        else {
            write("control-plane: no descriptors for its loops\n", to: STDERR_FILENO)
            return 1
        }
        if command == "run" {
            Lifecycle.runAndExit(
                services: [ControlPlaneService(settings: settings, group: group, log: log)], on: loop,
                stopDeadline: settings.service.stopDeadline, log: log)
        }
        loop.spawn {
            exit(await command == "migrate" ? migrate(settings, on: loop) : reseal(settings, on: loop))
        }
        while true { pause() }
    }

    private static func migrate(_ settings: ControlSettings, on loop: EventLoop) async -> Int32 {
        do {
            let applied = try await Migrations.run(
                owner: PostgresConfiguration(url: settings.databaseOwnerURL.revealed),
                service: PostgresConfiguration(url: settings.databaseURL.revealed), on: loop)
            let text =
                applied.isEmpty
                ? "the schema is up to date" : applied.map { "applied \($0)" }.joined(separator: "\n")
            write(text + "\n", to: STDOUT_FILENO)
            return 0
        } catch {
            write("control-plane migrate: \(error)\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func reseal(_ settings: ControlSettings, on loop: EventLoop) async -> Int32 {
        do {
            let url = settings.databaseURL.revealed
            let counts = try await loop.run {
                let pool = PostgresPool(PostgresConfiguration(url: url), on: loop)
                let counts = try await Resealing(seal: settings.masterSeal(), pool: pool).run()
                await pool.close()
                return counts
            }
            write("\(counts)\n", to: STDOUT_FILENO)
            return counts.unopened.isEmpty ? 0 : 1
        } catch {
            write("control-plane reseal: \(error)\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
