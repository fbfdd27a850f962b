import HTTP
import NodeProtocol
import Postgres

/// A mailbox provider that an operator has described.
struct ProviderRow: ShapingRow {
    var id: String
    /// The lower is tried first; equal ones in the order of their ids.
    var position: Int?
    var hosts: [String]
    var limits: LimitsBody?

    static let table = ShapingTable.providers
    static var place: WritableKeyPath<ShapingRows, [Self]> { \.providers }
    static let schema = Schema.object([
        "id": .string.required.example("example").described("As rules and warm-up plans name it."),
        "position": .integer.described("The lower is tried first; 100 by default. Built-in rows come last."),
        "hosts": Schema.array(.string.example("*.mx.example.com")).required.described(
            "Names of MX hosts, or `*.example.com`."),
        "limits": LimitsBody.schema.described("What is left out is as for the provider `default`."),
    ]).named("ShapingProvider")

    init(_ provider: Provider) {
        id = provider.id
        hosts = provider.hosts
        limits = LimitsBody(provider.limits)
    }

    var provider: Provider {
        Provider(id: id, hosts: hosts, limits: limits?.limits ?? DestinationLimits())
    }

    var normal: ProviderRow {
        var row = ProviderRow(provider)
        row.position = position ?? ShapingRows.defaultPosition
        return row
    }

    static func load(_ connection: PostgresConnection) async throws -> [ProviderRow] {
        try await connection.query("SELECT * FROM shaping_providers ORDER BY position, id").map { row in
            try ProviderRow(row)
        }
    }

    private init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"]
        position = try row["position"]
        hosts = try row["hosts"]
        limits = try LimitsBody(row)
    }

    func store(_ connection: PostgresConnection) async throws {
        try await connection.query(
            """
            INSERT INTO shaping_providers (
                id, position, hosts, max_connections, max_messages_per_connection, messages_per_second)
            VALUES (\(id), \(position ?? ShapingRows.defaultPosition), \(hosts), \(limits?.maxConnections),
                \(limits?.maxMessagesPerConnection), \(limits?.messagesPerSecond))
            ON CONFLICT (id) DO UPDATE SET
                position = EXCLUDED.position, hosts = EXCLUDED.hosts,
                max_connections = EXCLUDED.max_connections,
                max_messages_per_connection = EXCLUDED.max_messages_per_connection,
                messages_per_second = EXCLUDED.messages_per_second
            """)
    }

    static func delete(_ ids: [String], _ connection: PostgresConnection) async throws {
        try await connection.query("DELETE FROM shaping_providers WHERE id = ANY (\(ids))")
    }
}
