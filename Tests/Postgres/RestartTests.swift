import EventLoop
import Glibc
import TestSupport
import Testing

@testable import Postgres

/// A server of its own that this suite may stop and start.
private final class OwnServer: Sendable {
    private let folder: TemporaryDirectory
    private let programs: String
    private let process = Locked<ChildProcess?>(nil)

    var configuration: PostgresConfiguration {
        PostgresConfiguration(url: "host=\(folder.path) user=postgres dbname=postgres")
    }

    init() async throws {
        folder = try TemporaryDirectory(prefix: "dispatch-pg-own")
        let parent = "/usr/lib/postgresql"
        let version = try #require(try Files.names(in: parent).compactMap { Int($0) }.max())
        programs = "\(parent)/\(version)/bin"
        if let user = getpwnam("postgres"), geteuid() == 0 {
            chown(folder.path, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try await ChildProcess.run(
            asServerUser + [
                "\(programs)/initdb", "-D", folder.file("data"), "-U", "postgres", "-A", "trust", "--no-sync",
            ],
            folder: "/")
    }

    private var asServerUser: [String] {
        geteuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : []
    }

    func start() async throws {
        let settings = [
            "-c", "listen_addresses=", "-c", "unix_socket_directories=\(folder.path)", "-c", "fsync=off",
        ]
        let child = try ChildProcess(
            asServerUser + ["\(programs)/postgres", "-D", folder.file("data")] + settings, folder: "/")
        process.withLock { $0 = child }
        try await child.waitForLine(containing: "ready to accept connections")
    }

    /// - Parameter signal: SIGQUIT ends it as a crash does, SIGINT ends every session first.
    func stop(_ signal: Int32) async throws {
        guard let child = process.withLock({ $0 }) else { return }
        child.kill(signal)
        try await child.wait()
    }
}

@Suite struct RestartTests {
    @Test(arguments: [SIGINT, SIGQUIT])
    func `a pool goes on after the server was away`(_ signal: Int32) async throws {
        let server = try await OwnServer()
        try await server.start()
        let pool = PostgresPool(
            server.configuration, limits: .init(maxConnections: 3, reconnectPause: .zero), on: Fixture.loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    _ = try await pool.withConnection { try await $0.query("SELECT pg_sleep(0.05)") }
                }
            }
            try await group.waitForAll()
        }
        #expect(await pool.status().idle == 3)

        try await server.stop(signal)
        let away = try await postgresError { _ = try await pool.query("SELECT 1", as: .login) }
        #expect(away.isUnavailable)
        #expect(await pool.status().leased == 0)

        try await server.start()
        let row = try #require(try await pool.query("SELECT 42 AS n", as: .login).first)
        #expect(try row["n", as: Int.self] == 42)
        await pool.close()
        try await server.stop(SIGINT)
    }

    @Test func `a body that the server leaves in the middle is undone and the next one runs`() async throws {
        let server = try await OwnServer()
        try await server.start()
        let pool = PostgresPool(server.configuration, limits: .init(reconnectPause: .zero), on: Fixture.loop)
        try await pool.execute("CREATE TABLE kept (n int)", as: .login)
        let error = try await postgresError {
            try await pool.transaction(as: .login) { connection in
                try await connection.query("INSERT INTO kept VALUES (1)")
                try await server.stop(SIGQUIT)
                _ = try await connection.query("INSERT INTO kept VALUES (2)")
            }
        }
        guard case .connectionLost = error else { throw error }
        try await server.start()
        #expect(try await pool.query("SELECT FROM kept", as: .login).count == 0)
        await pool.close()
        try await server.stop(SIGINT)
    }

    @Test func `a leader that the server leaves is leader no more and can be again`() async throws {
        let server = try await OwnServer()
        try await server.start()
        let election = LeaderElection(key: 7, server.configuration, on: Fixture.loop)
        #expect(try await election.tryAcquire())
        try await server.stop(SIGINT)
        let error = try await postgresError { try await election.asLeader(.login) { _ in } }
        guard case .connectionLost = error else { throw error }
        try await server.start()
        #expect(try await election.tryAcquire())
        await election.resign()
        try await server.stop(SIGINT)
    }
}
