import EventLoop
import HTTPClient

/// Delivers webhooks: one POST, no redirects, at most 64 KiB of answer, and the guard on the address that is
/// really connected to. Loop bound; one for each loop. It never throws: whatever goes wrong is in the report.
package final class WebhookTransport {
    /// What is read of an answer.
    package static let maxResponseBytes = 64 * 1024
    private static let timeouts: ClosedRange<Duration> = .seconds(1) ... .seconds(30)
    private static let ownHeaders: Set<String> = [
        "host", "content-length", "content-type", "user-agent", "connection", "transfer-encoding", "expect",
        "x-dispatch-signature",
    ]

    private let client: HTTPClient
    private let userAgent: String

    package init(_ client: HTTPClient, userAgent: String = "Dispatch-Webhooks/1.0") {
        self.client = client
        self.userAgent = userAgent
    }

    package func deliver(_ attempt: WebhookAttempt) async -> WebhookReport {
        var request = HTTPClientRequest("POST", attempt.url, headers: headers(attempt), body: attempt.body)
        request.totalTimeout = min(max(attempt.timeout, Self.timeouts.lowerBound), Self.timeouts.upperBound)
        request.connectTimeout = min(.seconds(5), request.totalTimeout)
        request.maxResponseBytes = Self.maxResponseBytes
        request.allowsUserInfo = true
        request.egressGuard = attempt.egressGuard
        do {
            return Self.report(try await client.send(request), attempt)
        } catch {
            return Self.report(error)
        }
    }

    private func headers(_ attempt: WebhookAttempt) -> [(name: String, value: String)] {
        var headers = [
            (name: "user-agent", value: userAgent), (name: "content-type", value: attempt.contentType),
            (name: "webhook-id", value: attempt.id),
            (name: "webhook-timestamp", value: String(attempt.timestampSeconds)),
            (name: "webhook-attempt", value: String(attempt.number)),
        ]
        let signature = WebhookSignature.standard(
            id: attempt.id, timestampSeconds: attempt.timestampSeconds, body: attempt.body,
            secrets: attempt.secrets)
        if !signature.isEmpty { headers.append((name: "webhook-signature", value: signature)) }
        if let plain = WebhookSignature.plain(body: attempt.body, secrets: attempt.secrets) {
            headers.append((name: "X-Dispatch-Signature", value: plain))
        }
        return headers + attempt.headers.filter { !Self.isOwn($0.name.lowercased()) }
    }

    private static func isOwn(_ name: String) -> Bool {
        ownHeaders.contains(name) || name.hasPrefix("webhook-")
    }

    private static func report(_ response: HTTPClientResponse, _ attempt: WebhookAttempt) -> WebhookReport {
        let wish = response.header("webhook-delivery")?.lowercased()
        let result: WebhookReport.Result
        switch response.status {
        case 410: result = .disableEndpoint
        case _ where wish == "disable": result = .disableEndpoint
        case 200...299: result = .delivered
        case _ where wish == "abort-message": result = .abortMessage
        case 429, 503:
            let after = response.header("retry-after")
            result = .retry(
                after: after.flatMap { RetryAfter.read($0, nowSeconds: attempt.timestampSeconds) })
        default: result = .retry(after: nil)
        }
        return WebhookReport(result: result, fault: fault(response.status), detail: nil, response: response)
    }

    private static func fault(_ status: Int) -> WebhookReport.Fault? {
        switch status {
        case 200...299: nil
        case 300...399: .redirect
        case 400...499: .clientError
        case 500...599: .serverError
        default: .other
        }
    }

    private static func report(_ error: HTTPClientError) -> WebhookReport {
        let (fault, detail): (WebhookReport.Fault, String?) =
            switch error {
            case .invalidURL(let text): (.invalidURL, text)
            case .invalidRequest(let text): (.other, text)
            case .blockedAddress(let kind): (.blockedAddress, kind)
            case .resolve: (.resolve, nil)
            case .connect: (.connect, nil)
            case .tls(let text): (.tls, text)
            case .timedOut, .connectTimedOut: (.timeout, nil)
            case .closed: (.connectionClosed, nil)
            case .tooLarge: (.tooLarge, nil)
            case .busy: (.busy, nil)
            case .other(_, let text): (.other, text)
            }
        return WebhookReport(result: .retry(after: nil), fault: fault, detail: detail, response: nil)
    }
}
