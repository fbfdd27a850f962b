import FoundationEssentials
import Testing

@testable import Postgres

@Suite struct LeaderElectionTests {
    private func election(_ key: Int64) async throws -> LeaderElection {
        LeaderElection(key: key, try await Fixture.shared.value, on: Fixture.loop)
    }

    @Test func `one of several leads, and another when it resigns`() async throws {
        let key = Int64.random(in: 1...Int64.max)
        let first = try await election(key)
        let second = try await election(key)
        #expect(try await first.tryAcquire())
        #expect(try await !second.tryAcquire())
        #expect(try await first.tryAcquire())
        await first.resign()
        var led = false
        while !led { led = try await second.tryAcquire() }
        #expect(try await !first.tryAcquire())
        await second.resign()
    }

    @Test func `a leader without its session is none and writes nothing`() async throws {
        let key = Int64.random(in: 1...Int64.max)
        let leader = try await election(key)
        let rival = try await election(key)
        #expect(try await leader.tryAcquire())
        let process = try await leader.asLeader(.login) { $0.backendProcessID }
        try await Fixture.scratch { try await $0.query("SELECT pg_terminate_backend(\(process)::int, 5000)") }
        #expect(try await rival.tryAcquire())
        let error = try await postgresError { try await leader.asLeader(.login) { _ in } }
        guard case .connectionLost = error else { throw error }
        #expect(try await !leader.tryAcquire())
        await rival.resign()
    }
}
