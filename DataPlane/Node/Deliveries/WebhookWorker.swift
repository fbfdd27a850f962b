import Delivery
import EventLoop
import FoundationEssentials
import NodeProtocol
import Queue
import Spool

/// Makes the webhook attempts of one loop. Loop bound.
final class WebhookWorker {
    private let transport: any WebhookCarrier
    private let spool: Spool
    private let holder: SnapshotHolder
    private let node: UInt16
    private let clock: WallClock

    init(transport: any WebhookCarrier, spool: Spool, holder: SnapshotHolder, node: UInt16, clock: WallClock)
    {
        self.transport = transport
        self.spool = spool
        self.holder = holder
        self.node = node
        self.clock = clock
    }

    /// - Parameter body: when it has been read already.
    func run(_ attempt: Attempt, _ entry: WebhookEntry, body: [UInt8]?) async -> WorkReport {
        guard let snapshot = holder.current, let tenant = snapshot.tenant(entry.tenant),
            let webhook = tenant.webhooks.first(where: { $0.id == entry.webhook })
        else { return .dropped }
        let context = TenantRecord.Webhook.sealContext(tenant: tenant.id, webhook: webhook.id)
        guard let text = snapshot.open(webhook.sealedSecret, context: context),
            let secret = WebhookSecret(String(decoding: text, as: UTF8.self))
        else {
            return report(attempt, entry, nil, .deferred, "the endpoint's secret cannot be unsealed")
        }
        let payload: [UInt8]
        do { payload = if let body { body } else { try await spool.body(of: attempt.id) } } catch {
            let kind: EventKind = error == .corrupt(attempt.id) ? .failed : .deferred
            return report(attempt, entry, nil, kind, "the message cannot be read: \(error)")
        }
        let request = WebhookAttempt(
            id: attempt.id.description, url: webhook.url, body: payload,
            secrets: [secret],
            timestampSeconds: clock.now() / 1000, number: Int(attempt.number))
        return report(attempt, entry, await transport.deliver(request))
    }

    private func report(_ attempt: Attempt, _ entry: WebhookEntry, _ answer: WebhookReport) -> WorkReport {
        var retryAfter: Int64?
        let kind: EventKind
        switch answer.result {
        case .delivered: kind = .delivered
        case .retry(let after):
            kind = .deferred
            retryAfter = after?.wholeMilliseconds
        case .disableEndpoint, .abortMessage: kind = .failed
        }
        let text = answer.response.map { String(decoding: $0.body.prefix(500), as: UTF8.self) }
        var report = report(
            attempt, entry, answer.response?.status, kind,
            text ?? answer.detail ?? answer.fault?.rawValue ?? "", after: retryAfter,
            isGone: answer.result == .disableEndpoint)
        report.isLaneFailure = answer.fault == .connect || answer.fault == .resolve
        return report
    }

    private func report(
        _ attempt: Attempt, _ entry: WebhookEntry, _ status: Int?, _ kind: EventKind, _ text: String,
        after milliseconds: Int64? = nil, isGone: Bool = false
    ) -> WorkReport {
        // The kind tells the dispatcher what comes next; the journal gets `webhookAttempted` in its place.
        var event = Event(kind, message: attempt.id, tenant: entry.tenant, at: clock.now(), node: node)
        event.attempt = Int(attempt.number)
        event.response = Event.Response(code: status ?? 0, text: text)
        event.webhook = Event.Webhook(
            id: entry.webhook, url: entry.url, event: entry.event, isGone: isGone)
        return WorkReport(
            results: [WorkReport.Result(recipient: 0, event: event, retryAfterMilliseconds: milliseconds)],
            isLaneFailure: false, isThrottled: false)
    }
}
