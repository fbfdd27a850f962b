import HTTPClient

/// One attempt to deliver a webhook to an endpoint.
package struct WebhookAttempt: Sendable {
    /// The same for every attempt of a message; holds no `.`.
    package var id: String
    package var url: String
    /// Sent as it is: the bytes that are signed are the bytes that leave.
    package var body: [UInt8]
    package var contentType: String
    /// Newest first; each signs.
    package var secrets: [WebhookSecret]
    /// The endpoint's own headers. Those that this transport sets are passed over.
    package var headers: [(name: String, value: String)]
    /// Of this attempt, in seconds since 1970.
    package var timestampSeconds: Int64
    /// 1 for the first.
    package var number: Int
    /// From the call to the last byte; 1–30 s.
    package var timeout: Duration
    /// Instead of the client's: a tenant's own networks.
    package var egressGuard: EgressGuard?

    package init(
        id: String, url: String, body: [UInt8], contentType: String = "application/json",
        secrets: [WebhookSecret],
        headers: [(name: String, value: String)] = [], timestampSeconds: Int64, number: Int = 1,
        timeout: Duration = .seconds(15), egressGuard: EgressGuard? = nil
    ) {
        self.id = id
        self.url = url
        self.body = body
        self.contentType = contentType
        self.secrets = secrets
        self.headers = headers
        self.timestampSeconds = timestampSeconds
        self.number = number
        self.timeout = timeout
        self.egressGuard = egressGuard
    }
}

/// What became of a webhook attempt, and what is shown of it.
package struct WebhookReport: Sendable {
    package enum Result: Hashable, Sendable {
        case delivered
        /// Not now: again by the schedule, or when the endpoint has said so, no sooner than that.
        case retry(after: Duration?)
        /// The endpoint wants nothing any more: 410, or `webhook-delivery: disable`.
        case disableEndpoint
        /// The endpoint does not want this message: `webhook-delivery: abort-message`.
        case abortMessage
    }

    /// Why there was no 2xx, for people and counters; the raw value is stable.
    package enum Fault: String, Hashable, Sendable, CaseIterable {
        case invalidURL = "invalid_url"
        case blockedAddress = "blocked_address"
        case resolve = "dns"
        case connect = "connect"
        case tls = "tls"
        case timeout = "timeout"
        case connectionClosed = "connection_closed"
        case tooLarge = "response_headers_too_large"
        /// Our own limit of open requests.
        case busy = "busy"
        case redirect = "redirect"
        case clientError = "http_4xx"
        case serverError = "http_5xx"
        case other = "other"
    }

    package let result: Result
    package let fault: Fault?
    /// Words for `fault`; names no address of ours.
    package let detail: String?
    package let response: HTTPClientResponse?

    /// Faults that are ours count against no endpoint.
    package var isOurFault: Bool { fault == .busy }
}
