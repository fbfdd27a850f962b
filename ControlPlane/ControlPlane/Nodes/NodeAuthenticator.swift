import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Believes a request of a node: signed by a node that is in the cluster, now, and never seen before.
///
/// Fails with 401 `unauthenticated`, which does not say what was wrong.
struct NodeAuthenticator: Sendable {
    /// A node that has proved to be one.
    struct Node: Sendable {
        let number: Int
        let name: String
        let sealingKey: [UInt8]
    }

    let context: ControlContext

    /// - Parameter body: what was received as the request's body; the signature covers it.
    func node(_ request: HTTPRequest, body: [UInt8]) async throws -> Node {
        try await PostgresError.answered { try await verified(request, body: body) }
    }

    /// Whether the request at least looks signed, before a large body is received.
    func requireSigned(_ request: HTTPRequest) throws(APIError) {
        _ = try signature(request)
    }

    private func verified(_ request: HTTPRequest, body: [UInt8]) async throws -> Node {
        let signature = try signature(request)
        guard let number = UInt16(signature.signer), (8...64).contains(signature.nonce.utf8.count) else {
            throw Self.refusal
        }
        let method = request.method.rawValue
        let path = request.head.rawPathAndQuery
        let now = context.nowSeconds
        return try await context.pool.transaction(as: .system) { connection in
            let row = try await connection.query(
                """
                SELECT name, signing_public_key, sealing_public_key FROM nodes
                WHERE number = \(number) AND state IN ('active', 'draining')
                """
            ).first
            guard let row, let key = try? Ed25519PublicKey(raw: try row["signing_public_key"]) else {
                throw Self.refusal
            }
            do { try signature.verify(method: method, path: path, body: body, key: key, now: now) } catch {
                throw Self.refusal
            }
            try await remember(signature, number, connection)
            return Node(number: Int(number), name: try row["name"], sealingKey: try row["sealing_public_key"])
        }
    }

    /// The nonce is kept for as long as its time would be believed, on either side of our clock.
    private func remember(
        _ signature: RequestSignature, _ number: UInt16, _ connection: PostgresConnection
    ) async throws {
        let keptUntil = signature.time + RequestSignature.toleranceSeconds + 1
        let fresh = try await connection.execute(
            """
            INSERT INTO node_nonces (node, nonce, expires_at)
            VALUES (\(number), \(Array(signature.nonce.utf8)), to_timestamp(\(keptUntil)::bigint))
            ON CONFLICT (node, nonce) DO NOTHING
            """)
        guard fresh == 1 else { throw Self.refusal }
        try await connection.query(
            """
            UPDATE nodes SET last_seen_at = now()
            WHERE number = \(number) AND coalesce(last_seen_at < now() - interval '5 seconds', true)
            """)
    }

    private func signature(_ request: HTTPRequest) throws(APIError) -> RequestSignature {
        do { return try RequestSignature { request.headers[$0] } } catch { throw Self.refusal }
    }

    private static var refusal: APIError {
        APIError(401, "unauthenticated", "The request is not signed by a node of this cluster.")
    }
}
