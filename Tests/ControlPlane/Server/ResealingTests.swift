import Crypto
import Postgres
import Testing

@testable import ControlPlane

@Suite struct ResealingTests {
    private let old = [UInt8](repeating: 7, count: 32)
    private let new = [UInt8](repeating: 8, count: 32)

    @Test func `after resealing the old master key opens nothing, and the new one everything`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let path = "/api/v1/dispatch/tenants/\(try await control.tenant(token))"
        for (rest, json) in [
            ("/domains", #"{"domain":"resealed.example"}"#),
            ("/webhooks", #"{"url":"https://hooks.example/","events":["sent"]}"#),
        ] {
            #expect(try await control.call("POST", path + rest, token: token, json: json).status == 201)
        }
        let pool = control.context.pool
        let both = Resealing(seal: try SymmetricSeal(key: new, older: [old]), pool: pool)
        let first = try await both.run()
        // The cluster has two keys, tokens and links one each, and tenant, domain and webhook one each.
        #expect(first.resealed == 7 && first.unopened.isEmpty)
        let again = try await both.run()
        #expect(again.resealed == 0 && again.current == 7)
        let alone = try await Resealing(seal: try SymmetricSeal(key: new), pool: pool).run()
        #expect(alone.current == 7 && alone.unopened.isEmpty)
        let without = try await Resealing(seal: try SymmetricSeal(key: old), pool: pool).run()
        #expect(without.unopened.count == 7 && without.description.contains("domains "))
        await control.stop()
    }

    @Test func `every sealed column of the schema is resealed, but those that other keys seal`() async throws
    {
        let api = try await APIFixture.shared.value
        let rows = try await api.context.pool.query(
            """
            SELECT c.table_name || '.' || c.column_name AS name FROM information_schema.columns c
            JOIN pg_class t ON t.relname = c.table_name AND NOT t.relispartition
            WHERE c.table_schema = 'public' AND c.column_name ~ 'sealed' AND c.data_type = 'bytea'
            """, as: .system)
        let found: Set<String> = Set(try rows.map { try $0["name"] })
        // Bodies are sealed to the tenant's own key.
        #expect(
            found.subtracting(["emails.body_sealed"])
                == Set(Resealing.places.map { "\($0.table).\($0.column)" }))
    }
}
