import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import TestSupport

/// An endpoint that takes webhooks and keeps them, and knows how to check their signatures.
final class WebhookSink: Sendable {
    struct Call: Sendable {
        let id: String
        let timestamp: String
        let signatures: [String]
        let plainSignature: String?
        let body: [UInt8]
        let json: JSONValue
        let event: String
        let messageID: String

        init(_ headers: HTTPHeaders, body: [UInt8]) {
            id = headers["webhook-id"] ?? ""
            timestamp = headers["webhook-timestamp"] ?? ""
            signatures = (headers["webhook-signature"] ?? "").split(separator: " ").map(String.init)
            plainSignature = headers["X-Dispatch-Signature"]
            self.body = body
            json = JSONValue(reading: body)
            event = json["event"].text ?? ""
            messageID = json["message_id"].text ?? ""
        }

        /// Whether both signatures are those of this secret: Standard Webhooks v1 and the plain HMAC of the
        /// body.
        func isSigned(by secret: String) -> Bool {
            let key =
                secret.hasPrefix("whsec_") ? Base64.decode(String(secret.dropFirst(6))) : Array(secret.utf8)
            guard let key else { return false }
            let signed = Array("\(id).\(timestamp).".utf8) + body
            return signatures.contains("v1,\(Base64.encode(HMAC.sha256(key: key, message: signed)))")
                && plainSignature == "sha256=\(Hex.encode(HMAC.sha256(key: key, message: body)))"
        }
    }

    private struct Route: Sendable {
        let calls: Locked<[Call]>
        let isGone: Locked<Bool>

        @Sendable func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
            let body = try await request.readBody(maxBytes: 1 << 20)
            let call = Call(request.headers, body: body)
            calls.withLock { $0.append(call) }
            return .empty(isGone.withLock { $0 } ? 410 : 204)
        }
    }

    let url: String
    private let server: HTTPServer
    private let ledger = Locked<[Call]>([])
    private let gone = Locked(false)

    init() throws {
        var router = Router()
        router.on(
            .post, "/hook", RouteInfo(summary: "Take a webhook", authentication: .none),
            Route(calls: ledger, isGone: gone).answer)
        server = try HTTPServer(HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0)), router: router)
        url = "http://\(server.address)/hook"
        try server.start(on: [TestLoops.sinks()])
    }

    deinit {
        let server = server
        Task { await server.stop(within: .zero) }
    }

    /// Whether it answers 410.
    var isGone: Bool {
        get { gone.withLock { $0 } }
        set { gone.withLock { $0 = newValue } }
    }

    var calls: [Call] { ledger.withLock { $0 } }

    /// The webhooks about one message, each id once, sorted by event.
    func calls(about message: String) -> [Call] {
        var seen: Set<String> = []
        return calls.filter { $0.messageID == message && seen.insert($0.id).inserted }.sorted {
            $0.event < $1.event
        }
    }
}
