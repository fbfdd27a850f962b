import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// An address of a node that mail leaves from.
struct SourceRow: ShapingRow {
    var id: String
    var node: UInt16
    var ipv4: String?
    var ipv6: String?
    var helloName: String
    var warmUp: String?
    /// The first day of the plan.
    var warmUpSince: Date?

    enum CodingKeys: String, CodingKey {
        case id, node, ipv4, ipv6
        case helloName = "hello_name"
        case warmUp = "warm_up"
        case warmUpSince = "warm_up_since"
    }

    static let table = ShapingTable.sources
    static var place: WritableKeyPath<ShapingRows, [Self]> { \.sources }
    static let schema = Schema.object([
        "id": .string.required.example("a1").described("Lanes are named by it."),
        "node": .integer.required.example(1).described("The number of the node that has the addresses."),
        "ipv4": .string.example("192.0.2.7").described("Left out: the system chooses."),
        "ipv6": .string.described("Left out: the system chooses."),
        "hello_name": .string.required.example("a1.example.com").described(
            "The name in EHLO; its A and AAAA are these addresses."),
        "warm_up": .string.described("A warm-up plan; left out: the source is warm."),
        "warm_up_since": .dateTime.described("The first day of the plan."),
    ]).named("EgressSource")

    init(_ source: EgressSource) {
        id = source.id
        node = source.node
        ipv4 = source.ipv4
        ipv6 = source.ipv6
        helloName = source.helloName
        warmUp = source.warmUp
        warmUpSince = source.warmUpSince.map { Date(timeIntervalSince1970: Double($0)) }
    }

    var source: EgressSource {
        EgressSource(
            id: id, node: node, ipv4: ipv4, ipv6: ipv6, helloName: helloName, warmUp: warmUp,
            warmUpSince: warmUpSince.flatMap { Int64(exactly: $0.timeIntervalSince1970.rounded(.down)) })
    }

    var normal: SourceRow { SourceRow(source) }

    static func load(_ connection: PostgresConnection) async throws -> [SourceRow] {
        try await connection.query("SELECT * FROM egress_sources ORDER BY id").map { try SourceRow($0) }
    }

    private init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"]
        node = try row["node"]
        ipv4 = try row["ipv4"]
        ipv6 = try row["ipv6"]
        helloName = try row["hello_name"]
        warmUp = try row["warm_up"]
        warmUpSince = try row["warm_up_since"]
    }

    func store(_ connection: PostgresConnection) async throws {
        try await connection.query(
            """
            INSERT INTO egress_sources (id, node, ipv4, ipv6, hello_name, warm_up, warm_up_since)
            VALUES (\(id), \(node), \(ipv4), \(ipv6), \(helloName), \(warmUp),
                to_timestamp(\(source.warmUpSince)::bigint))
            ON CONFLICT (id) DO UPDATE SET
                node = EXCLUDED.node, ipv4 = EXCLUDED.ipv4, ipv6 = EXCLUDED.ipv6,
                hello_name = EXCLUDED.hello_name, warm_up = EXCLUDED.warm_up,
                warm_up_since = EXCLUDED.warm_up_since
            """)
    }

    static func delete(_ ids: [String], _ connection: PostgresConnection) async throws {
        try await connection.query("DELETE FROM egress_sources WHERE id = ANY (\(ids))")
    }
}
