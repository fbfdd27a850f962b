import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// How many messages a day a new source may send, group by group.
struct WarmUpRow: ShapingRow {
    struct Group: Codable, Equatable, Sendable {
        /// Nil: all other providers together.
        var provider: String?
        var firstDay: Int
        var growth: Double
        var warmAt: Int

        enum CodingKeys: String, CodingKey {
            case provider, growth
            case firstDay = "first_day"
            case warmAt = "warm_at"
        }
    }

    var id: String
    var groups: [Group]

    static let table = ShapingTable.warmUps
    static var place: WritableKeyPath<ShapingRows, [Self]> { \.warmUps }
    static let schema = Schema.object([
        "id": .string.required.example("gentle").described("Sources name it."),
        "groups": .array(
            .object([
                "provider": .string.described("Left out: all others together."),
                "first_day": .integer.required.example(50).described("Messages on the first day."),
                "growth": .number.required.example(1.5).described(
                    "1 to 10: each day is the day before, times this."),
                "warm_at": .integer.required.example(100_000).described(
                    "From here on the source is warm for this group."),
            ])
        ).required,
    ]).named("WarmUpPlan")

    init(_ plan: WarmUpPlan) {
        id = plan.id
        groups = plan.groups.map {
            Group(provider: $0.provider, firstDay: $0.firstDay, growth: $0.growth, warmAt: $0.warmAt)
        }
    }

    var plan: WarmUpPlan {
        WarmUpPlan(
            id: id,
            groups: groups.map {
                WarmUpPlan.Group(
                    provider: $0.provider, firstDay: $0.firstDay, growth: $0.growth, warmAt: $0.warmAt)
            })
    }

    var normal: WarmUpRow { WarmUpRow(plan) }

    static func load(_ connection: PostgresConnection) async throws -> [WarmUpRow] {
        try await connection.query("SELECT id, groups FROM warm_up_plans ORDER BY id").map { row in
            try WarmUpRow(id: row["id"], groups: row.decode("groups"))
        }
    }

    private init(id: String, groups: [Group]) {
        self.id = id
        self.groups = groups
    }

    func store(_ connection: PostgresConnection) async throws {
        try await connection.query(
            """
            INSERT INTO warm_up_plans (id, groups) VALUES (\(id), \(Postgres.JSON(groups)))
            ON CONFLICT (id) DO UPDATE SET groups = EXCLUDED.groups
            """)
    }

    static func delete(_ ids: [String], _ connection: PostgresConnection) async throws {
        try await connection.query("DELETE FROM warm_up_plans WHERE id = ANY (\(ids))")
    }
}
