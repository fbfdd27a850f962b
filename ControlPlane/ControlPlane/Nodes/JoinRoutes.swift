import Crypto
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Postgres

/// How a machine becomes a node: it shows the one-time token and its public keys, and gets its number, the
/// keys to believe and the cluster key sealed to it. Later it fetches newer cluster keys.
struct JoinRoutes: Sendable {
    private static let maxBodyBytes = 64 * 1024

    let context: ControlContext
    let nodes: NodeAuthenticator
    let keys: ClusterKeys

    func add(to router: inout Router) {
        router.on(
            .post, JoinRequest.path,
            RouteInfo(
                summary: "Join the cluster with a one-time token", tag: "nodes", authentication: .none,
                responses: [.init(201, "The node's number and keys"), .init(401, "The token is not valid")])
        ) { request in try await PostgresError.answered { try await join(request) } }
        router.on(
            .get, NodePaths.clusterKeys,
            RouteInfo(summary: "The cluster keys, sealed to the node", tag: "nodes", authentication: .none)
        ) { request in try await PostgresError.answered { try await clusterKeys(request) } }
    }

    private func join(_ request: HTTPRequest) async throws -> HTTPResponse {
        let asked = try await request.decode(JoinRequest.self, maxBytes: Self.maxBodyBytes)
        guard asked.signingKey.count == 32, (try? Ed25519PublicKey(raw: Array(asked.signingKey))) != nil
        else {
            throw APIError.invalid("signingKey", "must be an Ed25519 public key of 32 bytes")
        }
        guard let sealingKey = try? X25519PublicKey(raw: Array(asked.sealingKey)) else {
            throw APIError.invalid("sealingKey", "must be an X25519 public key of 32 bytes")
        }
        for (field, url) in [("controlURL", asked.controlURL), ("httpURL", asked.httpURL)]
        where (try? HTTPURL(url)) == nil {
            throw APIError.invalid(field, "must be an http or https URL")
        }
        let joined = try await context.pool.transaction(as: .system) { connection in
            try await admit(asked, sealingKey, connection)
        }
        context.log.info("node joined", ["node": .int(Int(joined.node)), "name": .string(joined.name)])
        return try .json(joined, status: 201)
    }

    private func admit(
        _ asked: JoinRequest, _ sealingKey: X25519PublicKey, _ connection: PostgresConnection
    ) async throws -> JoinResponse {
        guard let clusterKey = try await keys.clusterKeys(connection).first else {
            throw ClusterKeys.Failure(description: "the database has no cluster key")
        }
        let row = try await connection.query(
            """
            UPDATE nodes SET state = 'active', signing_public_key = \(Array(asked.signingKey)),
                sealing_public_key = \(Array(asked.sealingKey)), control_url = \(asked.controlURL),
                base_urls = \([asked.httpURL]), join_token_hash = NULL, join_token_expires_at = NULL,
                cluster_key_id = \(clusterKey.id), joined_at = now(), last_seen_at = now()
            WHERE join_token_hash = \(Digest.sha256(asked.token)) AND join_token_expires_at > now()
              AND state = 'joining'
            RETURNING number, name
            """
        ).first
        guard let row else {
            throw APIError(
                401, "join_token_invalid", "The join token is not valid, was used, or has expired.")
        }
        let number: UInt16 = try row["number"]
        let name: String = try row["name"]
        try await connection.query(
            "INSERT INTO node_cursors (node) VALUES (\(number)) ON CONFLICT (node) DO NOTHING")
        try await Audit.write(
            connection, AuditActor(kind: .node, id: String(number)), tenant: nil, "node.joined",
            record: ("node", String(number)),
            detail: ["name": name, "host_name": asked.hostName, "control_url": asked.controlURL])
        return JoinResponse(
            node: number, name: name, clusterID: try await keys.clusterID(connection).text,
            signingKeys: try await keys.signing(connection).pinned,
            sealedClusterKey: try Self.seal(clusterKey.bytes, to: sealingKey))
    }

    private func clusterKeys(_ request: HTTPRequest) async throws -> HTTPResponse {
        let node = try await nodes.node(request, body: [])
        let sealingKey = try X25519PublicKey(raw: node.sealingKey)
        let sealed = try await context.pool.transaction(as: .system) { connection in
            let held = try await keys.clusterKeys(connection)
            let changed = try await connection.execute(
                """
                UPDATE nodes SET cluster_key_id = \(held.last?.id)
                WHERE number = \(Int32(node.number)) AND cluster_key_id IS DISTINCT FROM \(held.last?.id)
                """)
            // A key may come into use by this: the publisher looks when a chunk changes.
            if changed > 0 { try await connection.query("SELECT bump_chunk('global')") }
            return try held.map {
                SealedClusterKey(keyID: $0.id, sealedKey: try Self.seal($0.bytes, to: sealingKey))
            }
        }
        return try .json(sealed)
    }

    private static func seal(_ key: [UInt8], to recipient: X25519PublicKey) throws -> Data {
        Data(try SealedBox.seal(key, to: recipient, context: Array(JoinResponse.clusterKeyContext.utf8)))
    }
}
