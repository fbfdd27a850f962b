import FoundationEssentials
import NodeProtocol
import Spool

/// Makes webhook messages of events: for each endpoint of the tenant that subscribed to it, one entry, which
/// goes into the same spool group as the event itself. So they are told of exactly what is on disk, without
/// the control plane.
struct EventWebhooks: Sendable {
    /// Until then an endpoint that does not answer is tried again.
    private static let deadlineMilliseconds: Int64 = 76 * 3_600_000

    struct Made: Sendable {
        let id: MessageID
        let entry: WebhookEntry
        let body: [UInt8]

        var record: SpoolRecord { .entry(id, header: Entry.webhook(entry).encoded(), body: body) }
    }

    let ids: MessageIDs

    func make(of events: [Event], mail: MailEntry, tenant: TenantRecord?) -> [Made] {
        // Most tenants have none: asked first, because the log of the message has many parts.
        guard let tenant, !tenant.webhooks.isEmpty, !mail.isNotice else { return [] }
        return make(of: events, log: mail.log, tenant: tenant)
    }

    /// - Parameter log: what the message was; nil for one that this node does not remember.
    func make(of events: [Event], log: Event.Accepted?, tenant: TenantRecord?) -> [Made] {
        guard let tenant, !tenant.webhooks.isEmpty else { return [] }
        var made: [Made] = []
        for event in events {
            guard let name = event.kind.webhookName else { continue }
            for webhook in tenant.webhooks where webhook.events.contains(name) {
                if let one = make(event, name, webhook, log) { made.append(one) }
            }
        }
        return made
    }

    private func make(
        _ event: Event, _ name: String, _ webhook: TenantRecord.Webhook, _ log: Event.Accepted?
    ) -> Made? {
        let id = ids.next(at: event.at)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        guard let body = try? encoder.encode(WebhookPayload(event, named: name, id: id, log: log)) else {
            return nil
        }
        let entry = WebhookEntry(
            tenant: event.tenant, webhook: webhook.id, url: webhook.url, event: name, about: event.message,
            acceptedAt: event.at, deadline: event.at + Self.deadlineMilliseconds)
        return Made(id: id, entry: entry, body: Array(body))
    }
}

/// Gives message ids of this node.
struct MessageIDs: Sendable {
    let node: UInt16
    let random: @Sendable () -> UInt64

    func next(at milliseconds: Int64) -> MessageID {
        MessageID(milliseconds: UInt64(max(0, milliseconds)), node: node, random: (random(), random()))
    }
}
