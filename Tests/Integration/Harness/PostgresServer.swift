import EventLoop
import Glibc
import TestSupport

/// A PostgreSQL server that a test may stop the hard way and start again, with one database `dispatch`.
///
/// Without fsync, for it is the process that crashes here, never the machine.
final class PostgresServer: Sendable {
    let folder: TemporaryDirectory
    private let process = Locked<ChildProcess?>(nil)

    init() async throws {
        // The name of its socket must fit into 107 bytes, and its own user must be able to enter.
        folder = try TemporaryDirectory(prefix: "dispatch-pg")
        if geteuid() == 0, let user = getpwnam("postgres") {
            chown(folder.path, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try await ChildProcess.run(
            try Self.command("initdb") + [
                "-D", folder.file("data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                "--no-sync", "--no-instructions",
            ], folder: folder.path)
        try await start()
        try await ChildProcess.run([
            "psql", "-X", "-q", "-c", "CREATE DATABASE dispatch", url(database: "postgres"),
        ])
    }

    /// The connection string of a superuser.
    var url: String { url(database: "dispatch") }

    func url(database: String) -> String { "host=\(folder.path) user=postgres dbname=\(database)" }

    /// Starts the server and waits until it answers.
    func start() async throws {
        let server = try ChildProcess(
            try Self.command("postgres") + [
                "-D", folder.file("data"), "-c", "listen_addresses=", "-c",
                "unix_socket_directories=\(folder.path)",
                "-c", "max_connections=100", "-c", "fsync=off", "-c", "log_min_messages=warning",
            ], environment: ["LC_ALL": "C.UTF-8"], folder: folder.path)
        process.withLock { $0 = server }
        let probe = try Self.command("pg_isready") + ["-q", "-h", folder.path]
        try await eventually("PostgreSQL") {
            if let exit = server.poll() {
                throw TestSupportError("PostgreSQL ended, \(exit): \(server.text(of: .standardError))")
            }
            return try await ChildProcess(probe).wait() == .code(0) ? true : nil
        }
    }

    /// Ends the server at once, as a crash does: what was committed is in its log, nothing else is saved.
    func crash() async throws {
        guard let server = process.withLock({ $0 }) else { return }
        server.kill(SIGQUIT)
        try await server.wait()
    }

    /// PostgreSQL refuses to run as root.
    private static func command(_ program: String) throws -> [String] {
        let parent = "/usr/lib/postgresql"
        let versions = try Files.names(in: parent).sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
        guard let version = versions.first else { throw TestSupportError("PostgreSQL is not installed") }
        let path = "\(parent)/\(version)/bin/\(program)"
        guard geteuid() == 0 else { return [path] }
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", path]
    }
}
