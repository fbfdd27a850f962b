import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Times

/// Operators' work on nodes: create, list, drain, resume, remove.
struct NodeRoutes: Sendable {
    private static let path = "/api/v1/admin/nodes"
    private static let tokenHours = 24
    /// How long a drained node knows keys that may be repeated: until all have heard of the drain, and a day.
    private static let keysLastSeconds = Double(KeyOwners.settlingSeconds + KeyOwners.keptSeconds)

    /// A node as operators see it.
    struct NodeView: Encodable, Sendable {
        let number: Int
        let name: String
        let state: String
        @OrNull var controlUrl: String?
        let baseUrls: [String]
        @OrNull var heldVersion: Int64?
        @OrNull var lastSeenAt: Date?
        @OrNull var joinedAt: Date?
        let reportedUpTo: Int64
        /// Once it is drained: from when on no key that it has seen is good any more.
        @OrNull var removableAt: Date?
        /// The number of the node that has taken over its spool.
        @OrNull var adoptedBy: Int?
        let createdAt: Date
        /// Shown once, when the node is made.
        var joinToken: String?
        var joinTokenExpiresAt: Date?

        static let schema = Schema.record([
            "number": .integer.example(1), "name": .string.example("mx-1"),
            "state": .choice("active", "joining", "draining", "removed"),
            "control_url": .string.nullable.example("http://10.0.0.7:8027"),
            "base_urls": Schema.array(.string.example("http://10.0.0.7:8025")),
            "held_version": .integer.nullable.example(17), "last_seen_at": .dateTime.nullable,
            "joined_at": .dateTime.nullable, "reported_up_to": .integer.example(4250),
            "removable_at": .dateTime.nullable.described(
                "Of a drained node: when the idempotency keys that it has seen are forgotten."),
            "adopted_by": .integer.nullable.described("The node that has taken over its spool."),
            "created_at": .dateTime,
        ]).named("Node")
        static let created = schema.with([
            "join_token": .string.example("djt_a1b2c3d4").described("Shown this once."),
            "join_token_expires_at": .dateTime,
        ]).named("NewNode")

        init(_ row: PostgresRow) throws {
            number = try row["number"]
            name = try row["name"]
            state = try row["state"]
            baseUrls = try row["base_urls"]
            reportedUpTo = try row["last_seq", as: Int64?.self] ?? 0
            createdAt = try row["created_at"]
            _controlUrl = OrNull(wrappedValue: try row["control_url"])
            _heldVersion = OrNull(wrappedValue: try row["held_version"])
            _lastSeenAt = OrNull(wrappedValue: try row["last_seen_at"])
            _joinedAt = OrNull(wrappedValue: try row["joined_at"])
            let drained: Date? = state == "draining" ? try row["served_until"] : nil
            _removableAt = OrNull(
                wrappedValue: drained.map { $0.addingTimeInterval(NodeRoutes.keysLastSeconds) })
            _adoptedBy = OrNull(wrappedValue: try row["adopted_by"])
        }
    }

    struct NewNode: Decodable {
        let name: String
    }

    let context: ControlContext
    let authenticator: Authenticator
    let keys: ClusterKeys

    func add(to router: inout Router) {
        let body = Schema.object([
            "name": .string.required.example("mx-2").described("Lower-case letters, digits, `-` and `.`.")
        ])
        let wrongState = RouteInfo.Response(409, "The node is in another state.", codes: ["wrong_state"])
        router.operators(
            .post, Self.path, authenticator,
            RouteInfo(
                summary: "Create a node and its one-time join token", tag: "admin", authentication: .bearer,
                requestSchema: body,
                responses: [
                    .init(
                        201, "The node with `join_token`, shown once.",
                        .data(
                            NodeView.created,
                            message: "Run `mta-node join` with this token within 24 hours.")),
                    .init(409, "There is such a node.", codes: ["node_exists"]),
                ])
        ) { try await create($0) }
        router.operators(
            .get, Self.path, authenticator,
            RouteInfo(
                summary: "List the nodes", tag: "admin", authentication: .bearer,
                responses: [.init(200, "The nodes.", .data(.array(NodeView.schema)))])
        ) { _ in try await list() }
        router.operators(
            .get, Self.path + "/{node}", authenticator,
            RouteInfo(
                summary: "One node, by number or name", tag: "admin", authentication: .bearer,
                responses: [.init(200, "The node.", .data(NodeView.schema))])
        ) { try await show($0) }
        router.operators(
            .post, Self.path + "/{node}/drain", authenticator,
            RouteInfo(
                summary: "Send a node no more new messages", tag: "admin", authentication: .bearer,
                responses: [
                    .init(200, "The node.", .data(NodeView.schema, message: "The node is draining.")),
                    wrongState,
                ])
        ) { try await change($0, from: "active", to: "draining", "node.drained") }
        router.operators(
            .post, Self.path + "/{node}/resume", authenticator,
            RouteInfo(
                summary: "Use a drained node again",
                details: "Whoever had adopted its spool answers for it no more.",
                tag: "admin", authentication: .bearer,
                responses: [
                    .init(200, "The node.", .data(NodeView.schema, message: "The node is active.")),
                    wrongState,
                ])
        ) { try await change($0, from: "draining", to: "active", "node.resumed") }
        router.operators(
            .delete, Self.path + "/{node}", authenticator,
            RouteInfo(
                summary: "Remove a node from the cluster",
                details: "Its requests are refused at once, and the cluster "
                    + "key is replaced. What it had not delivered or reported stays on its disk. Drain it "
                    + "a day before: the idempotency keys that it has seen go with it, and a request that "
                    + "is repeated then would be sent again.",
                tag: "admin", authentication: .bearer,
                parameters: [
                    .query(
                        "force",
                        .boolean.described("Remove it although keys that it has seen are still good."))
                ],
                responses: [
                    .init(409, "Keys that it has seen are still good.", codes: ["node_holds_keys"]),
                    .init(
                        200, "The node as it was.",
                        .data(
                            NodeView.schema,
                            message: "The node is removed, and the cluster key is being replaced.")),
                ])
        ) { try await remove($0) }
    }

    private func create(_ call: CallerCall) async throws -> HTTPResponse {
        let name = try await call.decode(NewNode.self).name.lowercased()
        guard Self.isName(name) else {
            throw APIError.invalid("name", "must be 1 to 63 lower-case letters, digits, `-` and `.`")
        }
        let token = SecureRandom.token(prefix: "djt_", bytes: 32)
        let hash = Digest.sha256(token)
        let actor = call.actor
        var view = try await context.pool.transaction(as: .system) { connection in
            let rows: PostgresRows
            do {
                rows = try await connection.query(
                    """
                    INSERT INTO nodes (name, join_token_hash, join_token_expires_at)
                    VALUES (\(name), \(hash), now() + make_interval(hours => \(Int32(Self.tokenHours))))
                    RETURNING *, NULL::bigint AS last_seq
                    """)
            } catch let error as PostgresError where error.sqlState == .uniqueViolation {
                throw APIError(409, "node_exists", "There is a node `\(name)` already.", field: "name")
            }
            guard let row = rows.first else { throw APIError.internalError }
            var view = try NodeView(row)
            view.joinTokenExpiresAt = try row["join_token_expires_at"]
            try await Audit.write(
                connection, actor, tenant: nil, "node.created", record: ("node", String(view.number)),
                detail: ["name": name])
            return view
        }
        view.joinToken = token
        return try .data(view, message: "Run `mta-node join` with this token within 24 hours.", status: 201)
    }

    private func list() async throws -> HTTPResponse {
        let views = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await connection.query(
                """
                SELECT n.*, c.last_seq FROM nodes n LEFT JOIN node_cursors c ON c.node = n.number
                WHERE n.state <> 'removed' ORDER BY n.number
                """
            ).map { try NodeView($0) }
        }
        return try .data(views)
    }

    private func show(_ call: CallerCall) async throws -> HTTPResponse {
        let asked = call.request.parameter("node")
        let view = try await context.pool.transaction(as: .system, mode: .readOnly) {
            try await find(asked, $0)
        }
        return try .data(view)
    }

    private func change(
        _ call: CallerCall, from: String, to: String, _ action: String
    ) async throws -> HTTPResponse {
        let asked = call.request.parameter("node")
        let actor = call.actor
        let view = try await context.pool.transaction(as: .system) { connection in
            let node = try await find(asked, connection)
            if node.state != to {
                let written = to == "active" ? ClusterNode.resumed : ClusterNode.draining
                let changed = try await connection.execute(
                    """
                    UPDATE nodes SET \(written), adopted_by = NULL
                    WHERE number = \(Int32(node.number)) AND state = \(from)
                    """)
                guard changed == 1 else {
                    throw APIError(409, "wrong_state", "The node is \(node.state), not \(from).")
                }
                try await Audit.write(
                    connection, actor, tenant: nil, action, record: ("node", String(node.number)),
                    detail: node.adoptedBy.map { ["adopted_by": String($0)] } ?? [:])
            }
            return try await find(asked, connection)
        }
        return try .data(view, message: "The node is \(to).")
    }

    private func remove(_ call: CallerCall) async throws -> HTTPResponse {
        let asked = call.request.parameter("node")
        let actor = call.actor
        let force = try call.request.query.flag("force")
        let now = Date(timeIntervalSince1970: Double(context.nowSeconds))
        let view = try await context.pool.transaction(as: .system) { connection in
            let node = try await find(asked, connection)
            if !force { try Self.requireForgotten(node, now: now) }
            // The name is free for another; the number never is.
            try await connection.query(
                """
                UPDATE nodes SET state = 'removed', removed_at = now(), join_token_hash = NULL,
                    name = left(name, 40) || '.removed.' || number
                WHERE number = \(Int32(node.number))
                """)
            if node.joinedAt != nil {
                try await keys.addClusterKey(connection)
                try await replaceTrackingKey(connection)
            }
            try await Audit.write(
                connection, actor, tenant: nil, "node.removed", record: ("node", String(node.number)),
                detail: ["name": node.name, "forced": String(force)])
            return node
        }
        return try .data(view, message: "The node is removed, and the cluster key is being replaced.")
    }

    /// Refuses to remove a node whose idempotency keys may still be repeated.
    private static func requireForgotten(_ node: NodeView, now: Date) throws(APIError) {
        guard node.joinedAt != nil else { return }
        if let removable = node.removableAt, removable <= now { return }
        let from =
            node.removableAt.map { "wait until \(RFC3339.wholeSeconds($0))" } ?? "drain it a day before"
        throw APIError(
            409, "node_holds_keys",
            "Idempotency keys that node \(node.number) has seen are still good: \(from), or give "
                + "`force=true`; then a request that is repeated may be sent again.", field: "force")
    }

    /// The node knows the key of links. Where no id is free the present one stays: it would prove for long
    /// all the same.
    private func replaceTrackingKey(_ connection: PostgresConnection) async throws {
        do {
            _ = try await TrackingKeys(masterSeal: keys.masterSeal).rotate(connection, isCompromised: true)
        } catch is TrackingKeys.NoFreeID {
            context.log.error("no new key for tracking links: all 256 are in use or prove still")
        }
    }

    private func find(_ asked: String, _ connection: PostgresConnection) async throws -> NodeView {
        let number = UInt16(asked).map { Int32($0) } ?? -1
        let row = try await connection.query(
            """
            SELECT n.*, c.last_seq FROM nodes n LEFT JOIN node_cursors c ON c.node = n.number
            WHERE n.state <> 'removed' AND (n.number = \(number) OR n.name = \(asked))
            """
        ).first
        guard let row else { throw APIError.noSuch("node") }
        return try NodeView(row)
    }

    private static func isName(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 63, UInt16(text) == nil else {
            return false
        }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}
