import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import TestSupport

/// The queue routes of a node that a test plays: believes what the cluster signed, keeps what it was asked,
/// and answers what the test has laid ready.
final class QueueStub: Sendable {
    /// A request as it came, its path with the query.
    struct Asked: Sendable {
        let path: String
        let body: JSONValue
    }

    private struct State {
        var keys: [SigningKey] = []
        var asked: [Asked] = []
        var ready: [String: HTTPResponse] = [:]
    }

    private let state = Locked(State())

    var asked: [Asked] { state.withLock { $0.asked } }

    func trust(_ keys: [SigningKey]) { state.withLock { $0.keys = keys } }

    /// Lays an answer ready for every request to a path, without its query.
    func answer(_ path: String, _ value: some Encodable, status: HTTPStatus = 200) throws {
        let response = try HTTPResponse.json(value, status: status)
        state.withLock { $0.ready[path] = response }
    }

    func add(to router: inout Router) {
        let info = RouteInfo(summary: "queue", authentication: .none)
        for path in [QueuePaths.lanes, QueuePaths.restrictions, QueuePaths.explainPrefix + "{id}"] {
            router.on(.get, path, info) { try await self.take($0) }
        }
        for path in [QueuePaths.suspend, QueuePaths.resume, QueuePaths.command] {
            router.on(.post, path, info) { try await self.take($0) }
        }
    }

    private func take(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.readBody(maxBytes: 1 << 20)
        let path = request.head.rawPathAndQuery
        let signature = try RequestSignature { request.headers[$0] }
        let pinned = state.withLock { $0.keys.first { $0.keyID == signature.signer } }
        guard let pinned else { throw APIError(401, "unauthenticated", "Not signed by the cluster.") }
        try signature.verify(
            method: request.method.rawValue, path: path, body: body,
            key: try Ed25519PublicKey(raw: Array(pinned.publicKey)), now: Int64(Date().timeIntervalSince1970))
        return try state.withLock { state in
            state.asked.append(Asked(path: path, body: JSONValue(reading: body)))
            guard let response = state.ready[String(path.prefix { $0 != "?" })] else {
                throw APIError(404, "not_found", "Nothing fits.")
            }
            return response
        }
    }
}
