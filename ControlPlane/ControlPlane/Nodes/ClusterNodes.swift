import FoundationEssentials
import NodeProtocol
import Postgres

extension ClusterNode {
    /// The nodes that serve, those that are being drained among them, by number.
    static func all(_ connection: PostgresConnection) async throws -> [ClusterNode] {
        try await connection.query(query).map { try ClusterNode($0) }
    }

    static func all(_ pool: PostgresPool) async throws -> [ClusterNode] {
        try await pool.query(query, as: .system).map { try ClusterNode($0) }
    }

    fileprivate static let query: SQL = """
        SELECT number, base_urls[1] AS url, control_url, signing_public_key,
               extract(epoch FROM joined_at)::bigint AS since,
               extract(epoch FROM drained_at)::bigint AS paused_from,
               extract(epoch FROM resumed_at)::bigint AS paused_until, adopted_by,
               NOT coalesce(\(ServingNode.isHeard), false) AS is_silent
        FROM nodes
        WHERE state IN ('active', 'draining') AND cardinality(base_urls) > 0 AND joined_at IS NOT NULL
        ORDER BY number
        """

    /// What `UPDATE nodes SET` writes of one that takes nothing new from now on. A pause within a day of the
    /// one before counts from that one's beginning: keys of that time may still be repeated.
    static let draining: SQL = """
        state = 'draining',
        drained_at = CASE WHEN resumed_at > now() - interval '25 hours' THEN coalesce(drained_at, now())
            ELSE now() END,
        resumed_at = NULL, served_until = now()
        """

    /// And of one that serves again.
    static let resumed: SQL = "state = 'active', resumed_at = now(), served_until = NULL"

    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            number: try row["number"], url: try row["url"], controlURL: try row["control_url"],
            publicKey: Data(try row["signing_public_key", as: [UInt8].self]), since: try row["since"],
            pausedFrom: try row["paused_from"], pausedUntil: try row["paused_until"],
            heir: try row["adopted_by", as: Int32?.self].flatMap { UInt16(exactly: $0) })
    }
}

/// A node that serves, and whether it has been heard of lately.
struct ServingNode: Sendable {
    let node: ClusterNode
    /// Whether a row of `nodes` is of one that was heard of lately; NULL for one that never was. Living nodes
    /// ask for the snapshot every 30 s.
    static let isHeard: SQL = "last_seen_at > now() - interval '90 seconds'"

    /// Nothing came from it in the time in which it asks for the snapshot three times.
    let isSilent: Bool

    static func all(_ pool: PostgresPool) async throws -> [ServingNode] {
        try await pool.query(ClusterNode.query, as: .system).map { row in
            ServingNode(node: try ClusterNode(row), isSilent: try row["is_silent"])
        }
    }
}
