import Glibc

/// A private PostgreSQL server for the whole test run: its data in a temporary folder, reached by a unix
/// socket alone, with fsync on as in production. It starts with the first database asked for and ends with
/// the test process.
///
/// PostgreSQL refuses to run as root, so a root test process runs it as the user `postgres`.
package actor TestPostgres {
    package static let shared = TestPostgres()

    private static let superuser = "postgres"
    private var starting: Task<Server, any Error>?
    private var databaseCount = 0

    /// A running server.
    private struct Server: Sendable {
        let programs: String
        /// The folder of the unix socket.
        let folder: String
    }

    private init() {}

    /// Makes an empty database and gives its connection string (`host=… dbname=… user=…`) of a superuser.
    /// - Parameter template: the name of a database to copy, which nobody may be connected to.
    package static func createDatabase(template: String? = nil) async throws -> String {
        try await shared.create(template: template)
    }

    /// True where the server programs are installed: for `.enabled(if:)`.
    package static var isInstalled: Bool { (try? programsFolder()) != nil }

    private func create(template: String?) async throws -> String {
        let server = try await running()
        databaseCount += 1
        let name = "test_\(databaseCount)"
        let base = "host=\(server.folder) user=\(Self.superuser)"
        let copy = template.map { " TEMPLATE \"\($0)\"" } ?? ""
        try await ChildProcess.run([
            "\(server.programs)/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
            "CREATE DATABASE \(name)\(copy)",
            "\(base) dbname=postgres",
        ])
        return "\(base) dbname=\(name)"
    }

    private func running() async throws -> Server {
        if let starting { return try await starting.value }
        let task = Task { try await Self.start() }
        starting = task
        return try await task.value
    }

    private static func start() async throws -> Server {
        let programs = try programsFolder()
        let folder = try makeFolder()
        Watchdog.shared.removeAtEnd(folder: folder)
        let prefix = try changeOfUser()
        let data = "\(folder)/data"
        try await ChildProcess.run(
            prefix + [
                "\(programs)/initdb", "-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8",
                "--locale=C.UTF-8",
                "--no-sync", "--no-instructions",
            ], folder: folder)
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder)", "fsync=on", "max_connections=300",
            "shared_buffers=64MB", "logging_collector=off", "log_min_messages=warning",
        ]
        let log = open("\(folder)/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw TestSupportError("open \(folder)/log", code: errno) }
        defer { close(log) }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let pid = try Spawn.start(
            prefix + ["\(programs)/postgres", "-D", data] + settings.flatMap { ["-c", $0] },
            environment: ["PATH": path, "LC_ALL": "C.UTF-8"], folder: folder, output: log, error: log)
        Watchdog.shared.endAtEnd(server: pid)
        try await waitUntilReady(pid, folder: folder, programs: programs)
        return Server(programs: programs, folder: folder)
    }

    private static func waitUntilReady(_ pid: pid_t, folder: String, programs: String) async throws {
        let probe = ["\(programs)/pg_isready", "-q", "-h", folder]
        for _ in 0..<600 {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                throw TestSupportError("PostgreSQL ended:\n\((try? Files.text("\(folder)/log")) ?? "")")
            }
            if try await ChildProcess(probe).wait() == .code(0) { return }
            try await Waiting.onThread { _ = usleep(50_000) }
        }
        throw TestSupportError(
            "PostgreSQL was not ready in time:\n\((try? Files.text("\(folder)/log")) ?? "")")
    }

    /// The newest installed server's programs.
    private static func programsFolder() throws -> String {
        let parent = "/usr/lib/postgresql"
        let versions = ((try? Files.names(in: parent)) ?? []).sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
        for version in versions where access("\(parent)/\(version)/bin/postgres", X_OK) == 0 {
            return "\(parent)/\(version)/bin"
        }
        throw TestSupportError("PostgreSQL is not installed: run infra/install-dependencies test")
    }

    /// A folder with a short path, for the socket's name must fit into 107 bytes, owned by the server's user.
    private static func makeFolder() throws -> String {
        var template = Array("/tmp/dispatch-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestSupportError("mkdtemp", code: errno) }
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard geteuid() == 0 else { return folder }
        guard let user = getpwnam(superuser) else { throw TestSupportError("there is no user \(superuser)") }
        chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
        chmod(folder, 0o755)
        return folder
    }

    private static func changeOfUser() throws -> [String] {
        guard geteuid() == 0 else { return [] }
        let setpriv = try ChildProcess.find("setpriv", in: "/usr/bin:/bin")
        return [setpriv, "--reuid=\(superuser)", "--regid=\(superuser)", "--clear-groups", "--"]
    }
}
