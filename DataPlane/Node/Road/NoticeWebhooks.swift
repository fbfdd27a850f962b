import Crypto
import EventLoop
import FoundationEssentials
import NodeProtocol
import Service
import Spool
import Times

/// Takes what the control plane has to tell tenants: a webhook message for each endpoint that subscribed, on
/// disk before the control plane hears that it was taken.
struct NoticeWebhooks: Sendable {
    /// Until then an endpoint that does not answer is tried again.
    private static let deadlineMilliseconds: Int64 = 76 * 3_600_000

    let node: UInt16
    let holder: SnapshotHolder
    let spool: Spool
    let dispatcher: LoopBound<Dispatcher>
    let clock: WallClock
    let log: Log

    /// - Returns: those that are done with here; the others are for another time or another node.
    func take(_ notices: [TenantNotice]) async -> TakenNotices {
        var taken = TakenNotices(ids: [])
        for notice in notices where await take(notice) { taken.ids.append(notice.id) }
        return taken
    }

    private func take(_ notice: TenantNotice) async -> Bool {
        guard let snapshot = holder.current else { return false }
        let webhooks = snapshot.tenant(notice.tenant)?.webhooks ?? []
        for webhook in webhooks where webhook.events.contains(notice.event) {
            guard let message = message(notice, webhook) else { continue }
            do throws(SpoolError) {
                _ = try await spool.commit(SpoolGroup(records: [message.record]))
            } catch {
                if case .duplicate = error { continue }
                log.warning(
                    "notice not taken",
                    ["notice": .string(notice.id.text), "error": .error(error)])
                return false
            }
            dispatcher.loop.execute { [dispatcher] in dispatcher.value.add([message.message]) }
        }
        return true
    }

    private func message(_ notice: TenantNotice, _ webhook: TenantRecord.Webhook) -> EventWebhooks.Made? {
        let id = id(of: notice, for: webhook.id)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        guard let body = try? encoder.encode(NoticePayload(notice, id: id)) else { return nil }
        let now = clock.now()
        let entry = WebhookEntry(
            tenant: notice.tenant, webhook: webhook.id, url: webhook.url, event: notice.event, about: id,
            acceptedAt: now, deadline: now + Self.deadlineMilliseconds)
        return EventWebhooks.Made(id: id, entry: entry, body: Array(body))
    }

    /// The same each time, so that a notice that comes again while it waits here is known.
    private func id(of notice: TenantNotice, for webhook: UUID) -> MessageID {
        let digest = Digest.sha256(Array("\(notice.id.uuidString)/\(webhook.uuidString)".utf8))
        let words = digest.withUnsafeBytes { bytes in
            (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        return MessageID(milliseconds: UInt64(max(0, notice.at)), node: node, random: words)
    }
}

/// The body of a webhook that tells of no mail.
private struct NoticePayload: Encodable {
    let event: String
    let id: String
    let timestamp: String
    let tenant_id: String
    let domain: TenantNotice.Domain

    init(_ notice: TenantNotice, id: MessageID) {
        event = notice.event
        self.id = id.description
        timestamp = RFC3339.text(milliseconds: notice.at)
        tenant_id = notice.tenant.description
        domain = notice.domain
    }
}
