import HTTP
import HTTPClient
import NodeProtocol

/// Passes a customer's request on to the other plane and its answer back, so that one base URL is enough.
///
/// A relayed request carries a signed mark and is never relayed twice. The caller's credentials go along: the
/// other plane checks them itself. Here they only decide how large a body is received for it.
package struct PlaneRelay: Sendable {
    /// Its value is the caller's address, believed for the signature that comes with it.
    package static let mark = RelayMark.header
    /// What is received for a caller who is not known here, such as at a log-in.
    package static let maxUnknownBodyBytes = 64 * 1024
    private static let maxAnswerBytes = 64 * 1024 * 1024
    private static let passedOn = [
        "Authorization", "Content-Type", "Accept", "Idempotency-Key", "User-Agent",
    ]
    private static let passedBack = [
        "Content-Type", "Location", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining",
        "RateLimit-Reset",
        "Idempotent-Replay", "Content-Disposition", "Allow", "WWW-Authenticate",
    ]

    private let maxBodyBytes: Int
    /// Called with the status of each relayed request, nil when the other plane did not answer.
    private let report: @Sendable (Int?) -> Void

    /// - Parameter maxBodyBytes: of a caller who is known.
    package init(maxBodyBytes: Int, report: @escaping @Sendable (Int?) -> Void = { _ in }) {
        self.maxBodyBytes = maxBodyBytes
        self.report = report
    }

    /// Whether the request was relayed to this plane.
    package static func isRelayed(_ request: HTTPRequest) -> Bool { request.headers.contains(mark) }

    /// Sends the request to `baseURL` and gives back what came.
    ///
    /// - Parameters:
    ///   - marked: the mark with its signature.
    ///   - isKnown: whether the caller's credentials are good; asked only for a larger body, before it is
    ///     read.
    /// - Returns: nil for a request that was relayed already: it has no route here or there.
    /// - Throws: 401 for a large body of a caller who is not known, 503 `other_plane_unreachable` when
    ///   nothing was sent or may be sent again, 504 `outcome_unknown` when it may have been carried out.
    package func relay(
        _ request: HTTPRequest, to baseURL: String, by client: HTTPClient,
        marked: () async throws -> [(name: String, value: String)],
        isKnown: () async throws -> Bool
    ) async throws -> HTTPResponse? {
        guard !Self.isRelayed(request) else { return nil }
        var outgoing = HTTPClientRequest(request.method.rawValue, baseURL + request.head.rawPathAndQuery)
        outgoing.headers = Self.passedOn.compactMap { name in request.headers[name].map { (name, $0) } }
        // The mark has the time in it, and a body may take long.
        let body = try await body(of: request, isKnown)
        outgoing.headers += try await marked()
        if !body.isEmpty || request.method == .post || request.method == .put { outgoing.body = body }
        outgoing.totalTimeout = .seconds(30)
        outgoing.maxResponseBytes = Self.maxAnswerBytes
        let answer: HTTPClientResponse
        do { answer = try await client.send(outgoing) } catch {
            report(nil)
            throw Self.failure(error, request.method)
        }
        report(answer.status)
        var response = HTTPResponse(status: HTTPStatus(answer.status), body: answer.body)
        for name in Self.passedBack {
            if let value = answer.header(name) { response.headers.append(name, value) }
        }
        return response
    }

    private func body(
        of request: HTTPRequest, _ isKnown: () async throws -> Bool
    ) async throws -> [UInt8] {
        switch request.head.framing {
        case .none: return []
        case .length(let count) where count <= Self.maxUnknownBodyBytes:
            return try await request.readBody(maxBytes: Self.maxUnknownBodyBytes)
        case .length, .chunked:
            guard try await isKnown() else {
                throw APIError(
                    401, "unauthenticated", "An Authorization header with a valid key is required.",
                    headers: ["WWW-Authenticate": "Bearer, Basic realm=\"dispatch\""])
            }
            return try await request.readBody(maxBytes: maxBodyBytes)
        }
    }

    /// A request that changes something and may have arrived must not be sent again blindly.
    private static func failure(_ error: any Error, _ method: HTTPMethod) -> APIError {
        if [.get, .head].contains(method) || wasNotSent(error) {
            return APIError(
                503, "other_plane_unreachable",
                "The part of the service that answers this cannot be reached.",
                retryAfterSeconds: 5)
        }
        return APIError(
            504, "outcome_unknown",
            "The request may have been carried out, but no answer came. Look before you send it again, or "
                + "send it again with the same Idempotency-Key.")
    }

    private static func wasNotSent(_ error: any Error) -> Bool {
        switch error as? HTTPClientError {
        case .invalidURL, .invalidRequest, .blockedAddress, .resolve, .connect, .tls, .busy: true
        case .timedOut, .closed, .tooLarge, .other, nil: false
        }
    }
}
