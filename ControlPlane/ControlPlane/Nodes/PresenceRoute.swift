import HTTP
import HTTPClient
import NodeProtocol
import Postgres

/// Takes what a node says of itself when it starts: where it is reached, and whose spools it has taken over.
///
/// A node that another has adopted serves no more: it is drained by that, and whoever asks for its messages
/// and keys is sent to the adopter. It is believed only of a node that was not heard of for a while, so that
/// one node cannot take a living one out.
struct PresenceRoute: Sendable {
    private static let maxBodyBytes = 64 * 1024

    let context: ControlContext
    let nodes: NodeAuthenticator

    func add(to router: inout Router) {
        router.on(
            .post, NodePresence.path,
            RouteInfo(
                summary: "Tell where a node is reached and what it adopted", tag: "nodes",
                authentication: .none,
                responses: [.init(200, "Taken, but for the adoptions in `pending`")])
        ) { request in try await PostgresError.answered { try await take(request) } }
    }

    private func take(_ request: HTTPRequest) async throws -> HTTPResponse {
        try nodes.requireSigned(request)
        let body = try await request.readBody(maxBytes: Self.maxBodyBytes)
        let node = try await nodes.node(request, body: body)
        let presence = try StrictDecoding.decode(NodePresence.self, from: body, unknownFields: .ignore)
        for (field, url) in [("controlURL", presence.controlURL), ("httpURL", presence.httpURL)] {
            if let url, (try? HTTPURL(url)) == nil {
                throw APIError.invalid(field, "must be an http or https URL")
            }
        }
        guard presence.adopted.count <= NodePresence.maxAdopted else {
            throw APIError.invalid("adopted", "must be at most \(NodePresence.maxAdopted) nodes")
        }
        let pending = try await context.pool.transaction(as: .system) { connection in
            try await move(node, presence, connection)
            var pending: [UInt16] = []
            for number in presence.adopted where Int(number) != node.number {
                if try await !adopt(number, by: node, connection) { pending.append(number) }
            }
            return pending
        }
        return try .json(NodePresence.Answer(pending: pending))
    }

    private func move(
        _ node: NodeAuthenticator.Node, _ presence: NodePresence, _ connection: PostgresConnection
    ) async throws {
        let changed = try await connection.query(
            """
            UPDATE nodes SET control_url = coalesce(\(presence.controlURL), control_url),
                base_urls = CASE WHEN \(presence.httpURL)::text IS NULL THEN base_urls
                    ELSE ARRAY[\(presence.httpURL)::text] END
            WHERE number = \(Int32(clamping: node.number))
              AND (control_url <> coalesce(\(presence.controlURL), control_url)
                OR base_urls <> CASE WHEN \(presence.httpURL)::text IS NULL THEN base_urls
                    ELSE ARRAY[\(presence.httpURL)::text] END)
            RETURNING control_url, base_urls[1] AS url
            """
        ).first
        guard let changed else { return }
        try await Audit.write(
            connection, Self.actor(node), tenant: nil, "node.moved", record: ("node", String(node.number)),
            detail: ["control_url": try changed["control_url"], "http_url": try changed["url"]])
    }

    /// False when the other node cannot be believed to be gone yet. Of a number that no node has, nothing is
    /// kept.
    private func adopt(
        _ number: UInt16, by node: NodeAuthenticator.Node, _ connection: PostgresConnection
    ) async throws -> Bool {
        let row = try await connection.query(
            """
            SELECT adopted_by, \(ServingNode.isHeard) AND state <> 'removed' AS is_heard
            FROM nodes WHERE number = \(number) AND joined_at IS NOT NULL FOR UPDATE
            """
        ).first
        guard let row, try row["adopted_by", as: Int?.self] == nil else { return true }
        if try row["is_heard", as: Bool?.self] == true { return false }
        // What was adopted by the one that is gone now goes along.
        let heir = Int32(clamping: node.number)
        try await connection.query(
            """
            UPDATE nodes SET adopted_by = \(heir)
            WHERE adopted_by = \(number) AND number <> \(heir)
            """)
        try await connection.query(
            "UPDATE nodes SET \(ClusterNode.draining) WHERE number = \(number) AND state = 'active'")
        try await connection.query(
            """
            UPDATE nodes SET adopted_by = \(heir), drained_at = coalesce(drained_at, now())
            WHERE number = \(number)
            """)
        try await Audit.write(
            connection, Self.actor(node), tenant: nil, "node.adopted", record: ("node", String(number)),
            detail: ["adopted_by": String(node.number)])
        context.log.info("node adopted", ["node": .int(Int(number)), "by": .int(node.number)])
        return true
    }

    private static func actor(_ node: NodeAuthenticator.Node) -> AuditActor {
        AuditActor(kind: .node, id: String(node.number))
    }
}
