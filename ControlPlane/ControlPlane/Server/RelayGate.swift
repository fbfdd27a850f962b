import Crypto
import EventLoop
import HTTP
import NodeProtocol
import Postgres

/// Believes where the caller of a relayed request is when a node of the cluster signed it, and refuses a mark
/// that none did.
struct RelayGate: Sendable {
    let context: ControlContext

    /// - Throws: 400 `relay_mark_invalid`, and 503 when the database does not answer.
    func pass(_ request: HTTPRequest) async throws {
        let refusal = APIError(
            400, "relay_mark_invalid", "The request says that it was relayed, and no plane signed that.")
        let found: RelayMark?
        do { found = try RelayMark { request.headers[$0] } } catch { throw refusal }
        guard let mark = found else { return }
        guard let number = UInt16(mark.signer), let address = SocketAddress(ip: mark.clientIP, port: 0),
            let key = try await PostgresError.answered({ try await signingKey(of: number) })
        else { throw refusal }
        do {
            try mark.verify(
                method: request.method.rawValue, path: request.head.rawPathAndQuery, key: key,
                now: context.nowSeconds)
        } catch { throw refusal }
        request.comes(from: address)
    }

    private func signingKey(of node: UInt16) async throws -> Ed25519PublicKey? {
        let rows = try await context.pool.query(
            """
            SELECT signing_public_key FROM nodes
            WHERE number = \(node) AND state IN ('active', 'draining')
            """, as: .system)
        guard let row = rows.first else { return nil }
        return try? Ed25519PublicKey(raw: try row["signing_public_key"])
    }
}
