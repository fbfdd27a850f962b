import EventLoop
import FoundationEssentials
import Testing

@testable import Postgres

@Suite struct NotificationTests {
    @Test func `notifications come in the order of their commits`() async throws {
        let channel = "c_\(UUID().uuidString)"
        try await Fixture.scratch { listener in
            try await listener.listen(to: channel)
            try await Fixture.scratch { sender in
                for payload in ["a", "", "ü 'quoted'"] {
                    try await sender.query("SELECT pg_notify(\(channel), \(payload))")
                }
            }
            for payload in ["a", "", "ü 'quoted'"] {
                let notification = try await listener.nextNotification(timeout: .seconds(30))
                #expect(notification == PostgresNotification(channel: channel, payload: payload))
            }
        }
    }

    @Test func `a listener wakes when the sender commits and not before`() async throws {
        let channel = "c_\(UUID().uuidString)"
        try await Fixture.scratch { listener in
            try await listener.listen(to: channel)
            try await Fixture.scratch { sender in
                try await sender.transaction(as: .login) { sender in
                    try await sender.query("SELECT pg_notify(\(channel), 'x')")
                    #expect(try await listener.nextNotification(timeout: .milliseconds(20)) == nil)
                }
            }
            #expect(try await listener.nextNotification(timeout: .seconds(30))?.payload == "x")
        }
    }

    @Test func `what came during a statement is not lost`() async throws {
        let channel = "c_\(UUID().uuidString)"
        try await Fixture.scratch { listener in
            try await listener.listen(to: channel)
            try await listener.query("SELECT pg_notify(\(channel), 'own')")
            try await listener.query("SELECT 1")
            #expect(try await listener.nextNotification(timeout: .seconds(30))?.payload == "own")
        }
    }

    @Test func `closing wakes whoever waits`() async throws {
        try await Fixture.scratch { listener in
            try await listener.listen(to: "never")
            Fixture.loop.execute { listener.close() }
            let error = try await postgresError { _ = try await listener.nextNotification() }
            guard case .connectionLost = error else { throw error }
        }
    }

    @Test func `the end of the session wakes whoever waits`() async throws {
        try await Fixture.scratch { listener in
            try await listener.listen(to: "never")
            let process = listener.backendProcessID
            async let ended: Void = {
                try await Fixture.scratch {
                    _ = try await $0.query("SELECT pg_terminate_backend(\(process)::int)")
                }
            }()
            let error = try await postgresError { _ = try await listener.nextNotification() }
            guard case .connectionLost = error else { throw error }
            try await ended
        }
    }
}

@Suite struct ListenerTests {
    @Test func `a listener begins with a gap, hears, and finds a gap after its session ended`() async throws {
        let channel = "c_\(UUID().uuidString)"
        let configuration = try await Fixture.shared.value
        try await Fixture.loop.run {
            let listener = PostgresListener([channel], configuration, on: Fixture.loop)
            #expect(await listener.next(timeout: .seconds(30)) == .gap)
            #expect(await listener.next(timeout: .milliseconds(5)) == .quiet)
            try await Fixture.scratch { sender in
                try await sender.query("SELECT pg_notify(\(channel), 'one')")
                #expect(
                    await listener.next(timeout: .seconds(30))
                        == .notification(PostgresNotification(channel: channel, payload: "one")))
                try await sender.query(
                    """
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                    WHERE query = 'LISTEN ' || quote_ident(\(channel))
                    """)
                #expect(await listener.next(timeout: .seconds(30)) == .gap)
                try await sender.query("SELECT pg_notify(\(channel), 'two')")
                #expect(
                    await listener.next(timeout: .seconds(30))
                        == .notification(PostgresNotification(channel: channel, payload: "two")))
            }
            listener.close()
            #expect(await listener.next(timeout: .seconds(30)) == .quiet)
        }
    }

    @Test func `a listener is quiet while the database is away`() async throws {
        try await Fixture.loop.run {
            let listener = PostgresListener(
                ["c"], PostgresConfiguration(url: "host=/nonexistent"), on: Fixture.loop)
            #expect(await listener.next(timeout: .milliseconds(20)) == .quiet)
            Fixture.loop.execute { listener.close() }
            #expect(await listener.next(timeout: .seconds(600)) == .quiet)
        }
    }
}
