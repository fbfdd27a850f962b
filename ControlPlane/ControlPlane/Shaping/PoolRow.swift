import HTTP
import NodeProtocol
import Postgres

/// Sources that share the mail of some plans by weight.
struct PoolRow: ShapingRow {
    struct Member: Codable, Equatable, Sendable {
        var source: String
        var weight: Int
    }

    var id: String
    var members: [Member]

    static let table = ShapingTable.pools
    static var place: WritableKeyPath<ShapingRows, [Self]> { \.pools }
    static let schema = Schema.object([
        "id": .string.required.example("newsletters").described(
            "Plans name it; `default` is for all that name none."),
        "members": .array(
            .object([
                "source": .string.required.example("a1"),
                "weight": .integer.required.example(1).described("1 to 1,000,000: its share of the mail."),
            ])
        ).required,
    ]).named("EgressPool")

    init(_ pool: EgressPool) {
        id = pool.id
        members = pool.members.map { Member(source: $0.source, weight: $0.weight) }
    }

    var pool: EgressPool {
        EgressPool(
            id: id, members: members.map { EgressPool.Member(source: $0.source, weight: $0.weight) })
    }

    var normal: PoolRow { PoolRow(pool) }

    static func load(_ connection: PostgresConnection) async throws -> [PoolRow] {
        var members: [String: [EgressPool.Member]] = [:]
        for row in try await connection.query("SELECT * FROM egress_pool_members ORDER BY pool, ordinal") {
            members[try row["pool"], default: []].append(
                EgressPool.Member(source: try row["source"], weight: try row["weight"]))
        }
        return try await connection.query("SELECT id FROM egress_pools ORDER BY id").map { row in
            let id: String = try row["id"]
            return PoolRow(EgressPool(id: id, members: members[id] ?? []))
        }
    }

    func store(_ connection: PostgresConnection) async throws {
        try await connection.query("INSERT INTO egress_pools (id) VALUES (\(id)) ON CONFLICT DO NOTHING")
        try await connection.query("DELETE FROM egress_pool_members WHERE pool = \(id)")
        try await connection.query(
            """
            INSERT INTO egress_pool_members (pool, source, ordinal, weight)
            SELECT \(id)::text, u.source, u.ordinal, u.weight
            FROM unnest(\(members.map(\.source))::text[], \(members.map(\.weight))::bigint[])
                WITH ORDINALITY AS u(source, weight, ordinal)
            """)
    }

    static func delete(_ ids: [String], _ connection: PostgresConnection) async throws {
        try await connection.query("DELETE FROM egress_pools WHERE id = ANY (\(ids))")
    }
}
