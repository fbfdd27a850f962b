import EventLoop
import HTTP
import HTTPClient

/// Passes a customer's request on to the control plane and its answer back, so that one base URL is enough.
///
/// A relayed request carries a mark and is never relayed twice. The caller's credentials go along: the other plane
/// checks them itself.
struct PlaneRelay: Sendable {
    static let mark = "X-Dispatch-Relayed"
    static let maxBodyBytes = 40 * 1024 * 1024
    private static let maxAnswerBytes = 64 * 1024 * 1024
    private static let passedOn = [
        "Authorization", "Content-Type", "Accept", "Idempotency-Key", "User-Agent", "X-Forwarded-For",
    ]
    private static let passedBack = [
        "Content-Type", "Location", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
        "Idempotent-Replay", "Content-Disposition", "Allow", "WWW-Authenticate",
    ]

    let baseURL: String
    let clients: @Sendable () -> HTTPClient?
    let metrics: NodeMetrics

    /// The answer of the control plane, or nil for a request that was relayed already.
    func relay(_ request: HTTPRequest) async throws -> HTTPResponse? {
        guard !request.headers.contains(Self.mark) else { return nil }
        var outgoing = HTTPClientRequest(request.method.rawValue, baseURL + request.head.rawPathAndQuery)
        outgoing.headers = Self.passedOn.compactMap { name in request.headers[name].map { (name, $0) } }
        outgoing.headers.append((Self.mark, "1"))
        outgoing.headers.append(("X-Dispatch-Client", request.remoteAddress.ip))
        let body = try await request.readBody(maxBytes: Self.maxBodyBytes)
        if !body.isEmpty || request.method != .get { outgoing.body = body }
        outgoing.totalTimeout = .seconds(30)
        outgoing.maxResponseBytes = Self.maxAnswerBytes
        guard let client = clients() else { return nil }
        let answer: HTTPClientResponse
        do { answer = try await client.send(outgoing) } catch {
            metrics.relayed("unreachable").increment()
            throw APIError(
                503, "control_plane_unreachable", "The control plane cannot be reached; sending goes on.",
                retryAfterSeconds: 5)
        }
        metrics.relayed(String(answer.status)).increment()
        var response = HTTPResponse(status: HTTPStatus(answer.status), body: answer.body)
        for name in Self.passedBack { if let value = answer.header(name) { response.headers.append(name, value) } }
        return response
    }
}
