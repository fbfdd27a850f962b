import HTTP
import HTTPClient
import NodeProtocol
import Postgres

/// Takes what a node says of itself when it starts: where it is reached, and whose spools it has taken over.
///
/// Whoever asks for the messages and keys of a node that another has adopted is sent to the adopter. It is
/// believed only of a node that an operator has drained or removed, and that was not heard of for a while, so
/// that a node, or who has its key, takes none out that serves; an operator takes it back by `resume`. An
/// adopter was not adopted itself, so somebody is always left to answer.
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
            let isHeir = try await lock(node, presence, connection)
            try await move(node, presence, connection)
            var pending: [UInt16] = []
            for number in presence.adopted where Int(number) != node.number {
                if try await !adopt(number, by: node, isHeir, connection) { pending.append(number) }
            }
            return pending
        }
        return try .json(NodePresence.Answer(pending: pending))
    }

    /// Locks the node and those that it names, in one order, so that two that tell of each other at the same
    /// moment do not wait for each other crosswise.
    ///
    /// - Returns: whether the node can answer for others: it was not adopted itself.
    private func lock(
        _ node: NodeAuthenticator.Node, _ presence: NodePresence, _ connection: PostgresConnection
    ) async throws -> Bool {
        let own = Int32(clamping: node.number)
        let rows = try await connection.query(
            """
            SELECT number = \(own) AND adopted_by IS NULL AS is_heir FROM nodes
            WHERE number = ANY (\(presence.adopted.map { Int32($0) } + [own])) ORDER BY number FOR UPDATE
            """)
        return try rows.contains { try $0["is_heir"] }
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

    /// False when the other node is not believed to be gone yet. Of a number that no node has, nothing is
    /// kept.
    private func adopt(
        _ number: UInt16, by node: NodeAuthenticator.Node, _ isHeir: Bool, _ connection: PostgresConnection
    ) async throws -> Bool {
        let row = try await connection.query(
            """
            SELECT adopted_by, state = 'removed'
                OR state = 'draining' AND NOT coalesce(\(ServingNode.isHeard), false) AS is_gone
            FROM nodes WHERE number = \(number) AND joined_at IS NOT NULL
            """
        ).first
        guard let row, try row["adopted_by", as: Int?.self] == nil else { return true }
        guard try row["is_gone"], isHeir else {
            context.log.info(
                "adoption not believed: the node is not drained, or was heard of just now",
                ["node": .int(Int(number)), "by": .int(node.number)])
            return false
        }
        // What was adopted by the one that is gone now goes along.
        let heir = Int32(clamping: node.number)
        try await connection.query(
            """
            UPDATE nodes SET adopted_by = \(heir)
            WHERE adopted_by = \(number) AND number <> \(heir)
            """)
        try await connection.query("UPDATE nodes SET adopted_by = \(heir) WHERE number = \(number)")
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
