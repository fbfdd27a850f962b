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
    /// The planes are near each other: one that is there answers the first or the second SYN.
    private static let connectTimeout: Duration = .seconds(3)
    private static let passedOn = [
        "Authorization", "Content-Type", "Accept", "Idempotency-Key", "User-Agent", EmailsRoutes.batchMode,
        // Of who follows a link: the language of the page, and whether anybody looks at it yet.
        "Accept-Language", "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz",
    ]
    private static let passedBack = [
        "Content-Type", "Location", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining",
        "RateLimit-Reset",
        "Idempotent-Replay", "Content-Disposition", "Allow", "WWW-Authenticate", "Cache-Control",
        "X-Next-After",
        // What protects the pages and the readers of links.
        "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Robots-Tag",
        "Content-Language",
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

    /// Whether it was a node that relayed the request, which the gate has verified.
    package static func isRelayedByNode(_ request: HTTPRequest) -> Bool {
        guard let mark = try? RelayMark(header: { request.headers[$0] }) else { return false }
        return mark.isOfNode
    }

    /// Passes on a request of a caller who is known and whose body has been read, even when it was relayed
    /// to here.
    ///
    /// - Throws: as `relay`.
    package func pass(
        _ request: HTTPRequest, body: [UInt8], to baseURL: String, by client: HTTPClient,
        mark: [(name: String, value: String)]
    ) async throws -> HTTPResponse {
        do {
            return Self.response(try await sent(outgoing(request, body, to: baseURL, mark: mark), by: client))
        } catch let error as HTTPClientError { throw Self.failure(error, request.method) }
    }

    /// Sends the request to the first of `baseURLs` that can be reached and gives back what came.
    ///
    /// - Parameters:
    ///   - ownBody: what this plane says in place of the caller's body. Such a request is this plane's own,
    ///     so it does not matter that the caller's was relayed already.
    ///   - maxBodyBytes: of a caller who is known, where the route has a limit of its own.
    ///   - unreachable: told of each that did not answer.
    ///   - marked: the mark with its signature.
    ///   - isKnown: whether the caller's credentials are good; asked only for a larger body, before it is
    ///     read.
    /// - Returns: nil for a request that was relayed already: it has no route here or there.
    /// - Throws: 401 for a large body of a caller who is not known, 503 `other_plane_unreachable` when
    ///   nothing was sent or may be sent again, 504 `outcome_unknown` when it may have been carried out.
    package func relay(
        _ request: HTTPRequest, ownBody: [UInt8]? = nil, to baseURLs: [String], by client: HTTPClient,
        maxBodyBytes: Int? = nil, unreachable: (String) -> Void = { _ in },
        marked: () async throws -> [(name: String, value: String)],
        isKnown: () async throws -> Bool
    ) async throws -> HTTPResponse? {
        guard ownBody != nil || !Self.isRelayed(request) else { return nil }
        let maxBytes = maxBodyBytes ?? self.maxBodyBytes
        let body = if let ownBody { ownBody } else { try await body(of: request, maxBytes, isKnown) }
        var failure = Self.unreachable
        for baseURL in baseURLs {
            do {
                // The mark has the time in it, and a nonce that is good once.
                let outgoing = outgoing(request, body, to: baseURL, mark: try await marked())
                return Self.response(try await sent(outgoing, by: client))
            } catch let error as HTTPClientError {
                unreachable(baseURL)
                failure = Self.failure(error, request.method)
                guard failure.status == Self.unreachable.status else { break }
            }
        }
        throw failure
    }

    private func outgoing(
        _ request: HTTPRequest, _ body: [UInt8], to baseURL: String, mark: [(name: String, value: String)]
    ) -> HTTPClientRequest {
        var outgoing = HTTPClientRequest(request.method.rawValue, baseURL + request.head.rawPathAndQuery)
        outgoing.headers =
            Self.passedOn.compactMap { name in request.headers[name].map { (name, $0) } } + mark
        if !body.isEmpty || request.method == .post || request.method == .put { outgoing.body = body }
        outgoing.connectTimeout = Self.connectTimeout
        outgoing.totalTimeout = .seconds(30)
        outgoing.maxResponseBytes = Self.maxAnswerBytes
        return outgoing
    }

    private func sent(
        _ outgoing: HTTPClientRequest, by client: HTTPClient
    ) async throws -> HTTPClientResponse {
        do {
            let answer = try await client.send(outgoing)
            report(answer.status)
            return answer
        } catch {
            report(nil)
            throw error
        }
    }

    private static func response(_ answer: HTTPClientResponse) -> HTTPResponse {
        var response = HTTPResponse(status: HTTPStatus(answer.status), body: answer.body)
        for name in passedBack {
            if let value = answer.header(name) { response.headers.append(name, value) }
        }
        return response
    }

    private func body(
        of request: HTTPRequest, _ maxBytes: Int, _ isKnown: () async throws -> Bool
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
            return try await request.readBody(maxBytes: maxBytes)
        }
    }

    /// A request that changes something and may have arrived must not be sent again blindly.
    private static func failure(_ error: HTTPClientError, _ method: HTTPMethod) -> APIError {
        if [.get, .head].contains(method) || error.isBeforeSending { return unreachable }
        return APIError(
            504, "outcome_unknown",
            "The request may have been carried out, but no answer came. Look before you send it again, or "
                + "send it again with the same Idempotency-Key.")
    }

    private static var unreachable: APIError {
        APIError(
            503, "other_plane_unreachable", "The part of the service that answers this cannot be reached.",
            retryAfterSeconds: 5)
    }
}
