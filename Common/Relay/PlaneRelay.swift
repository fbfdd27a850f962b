import HTTP
import HTTPClient

/// Passes a customer's request on to the other plane and its answer back, so that one base URL is enough.
///
/// A relayed request carries a mark and is never relayed twice. The caller's credentials go along: the other
/// plane checks them itself. Loop bound through the client that is given for each request.
package struct PlaneRelay: Sendable {
    package static let mark = "X-Dispatch-Relayed"
    package static let maxBodyBytes = 40 * 1024 * 1024
    private static let maxAnswerBytes = 64 * 1024 * 1024
    private static let passedOn = [
        "Authorization", "Content-Type", "Accept", "Idempotency-Key", "User-Agent", "X-Forwarded-For",
    ]
    private static let passedBack = [
        "Content-Type", "Location", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining",
        "RateLimit-Reset",
        "Idempotent-Replay", "Content-Disposition", "Allow", "WWW-Authenticate",
    ]

    /// Called with the status of each relayed request, nil when the other plane did not answer.
    private let report: @Sendable (Int?) -> Void

    package init(report: @escaping @Sendable (Int?) -> Void = { _ in }) { self.report = report }

    /// Sends the request to `baseURL` and gives back what came.
    ///
    /// - Returns: nil for a request that was relayed already: it has no route here or there.
    /// - Throws: 503 `other_plane_unreachable`.
    package func relay(
        _ request: HTTPRequest, to baseURL: String, by client: HTTPClient
    ) async throws -> HTTPResponse? {
        guard !request.headers.contains(Self.mark) else { return nil }
        var outgoing = HTTPClientRequest(request.method.rawValue, baseURL + request.head.rawPathAndQuery)
        outgoing.headers = Self.passedOn.compactMap { name in request.headers[name].map { (name, $0) } }
        outgoing.headers.append((Self.mark, request.remoteAddress.ip))
        let body = try await request.readBody(maxBytes: Self.maxBodyBytes)
        if !body.isEmpty || request.method == .post || request.method == .put { outgoing.body = body }
        outgoing.totalTimeout = .seconds(30)
        outgoing.maxResponseBytes = Self.maxAnswerBytes
        let answer: HTTPClientResponse
        do { answer = try await client.send(outgoing) } catch {
            report(nil)
            throw APIError(
                503, "other_plane_unreachable",
                "The part of the service that answers this cannot be reached.",
                retryAfterSeconds: 5)
        }
        report(answer.status)
        var response = HTTPResponse(status: HTTPStatus(answer.status), body: answer.body)
        for name in Self.passedBack {
            if let value = answer.header(name) { response.headers.append(name, value) }
        }
        return response
    }
}
