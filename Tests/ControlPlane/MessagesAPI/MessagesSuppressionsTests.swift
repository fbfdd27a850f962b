import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct MessagesSuppressionsTests {
    @Test func `an address is put on the list, looked up and taken off by itself`() async throws {
        let caller = try await KeyCaller.make()
        let made = try await caller.call(
            "POST", "/suppressions", #"{"email":"Joe+a@EXAMPLE.com","reason":"Asked to"}"#)
        #expect(made.status == 201)
        #expect(made.data["email"] == "joe+a@example.com" && made.data["source"] == "manual")
        let again = try await caller.call("POST", "/suppressions", #"{"email":"joe+a@example.com"}"#)
        #expect(again.status == 200 && again.data == made.data)
        for path in ["joe+a@example.com", "JOE%2Ba%40example.com"] {
            #expect(try await caller.call("GET", "/suppressions/\(path)").data == made.data)
        }
        let stranger = try await KeyCaller.make()
        for method in ["GET", "DELETE"] {
            for path in ["joe+a@example.com", "nonsense"] {
                let answer = try await stranger.call(method, "/suppressions/\(path)")
                #expect(answer.status == 404 && answer.code == "suppression_not_found")
            }
        }
        let deleted = try await caller.call("DELETE", "/suppressions/Joe%2Ba@example.com")
        #expect(deleted.data == ["email": "joe+a@example.com", "deleted": true])
        #expect(try await caller.call("GET", "/suppressions/joe+a@example.com").status == 404)
    }

    @Test func `a list is narrowed by source, time and address`() async throws {
        let caller = try await KeyCaller.make()
        let tenant = try #require(UUID(uuidString: caller.tenant.id))
        for (index, source) in ["manual", "hard_bounce", "complaint"].enumerated() {
            try await caller.api.context.pool.query(
                """
                INSERT INTO suppressions (tenant_id, address, source, created_at)
                VALUES (\(tenant), \("a\(index)@example.com"), \(source),
                    timestamptz '2026-03-01T00:00:00Z' + \(index) * interval '1 day')
                """, as: .system)
        }
        for (query, names) in [
            ("", ["a2", "a1", "a0"]), ("?source=hard_bounce", ["a1"]), ("?email=A0@example.com", ["a0"]),
            ("?since=2026-03-02T00:00:00Z", ["a2", "a1"]), ("?until=2026-03-02T00:00:00Z", ["a0"]),
            ("?limit=1&offset=1", ["a1"]),
        ] {
            let list = try await caller.call("GET", "/suppressions\(query)")
            #expect(
                list.data.elements.map { $0["email"].text } == names.map { "\($0)@example.com" }, "\(query)")
        }
        let meta = try await caller.call("GET", "/suppressions?limit=1&offset=1").body["meta"]
        #expect(meta == ["count": 1, "total": 3, "limit": 1, "offset": 1, "has_more": true])
        for (query, field) in [("source=odd", "source"), ("since=odd", "since"), ("email=odd", "email")] {
            let answer = try await caller.call("GET", "/suppressions?\(query)")
            #expect(answer.status == 400 && answer.field == field)
        }
    }
}
