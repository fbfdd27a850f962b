import NodeProtocol
import Queue

/// The items that a message waits as: one for each domain of its recipients, so that each attempt is under
/// one domain's TLS policy, whatever lanes the domains share; and one for each recipient where their copies
/// differ, so that each is one transaction with an outcome of its own.
enum Lanes {
    /// Mail of test keys goes nowhere, so what becomes of it says nothing about any destination.
    static let captured = LaneKey(
        transport: .smtp, source: EgressTable.ownSource, destination: "captured")

    /// The items of an entry for those of its recipients that wait.
    ///
    /// - Parameter lane: where mail to a domain waits.
    static func items(of message: OpenMessage, lane: (MailEntry, String) -> LaneKey) -> [QueueItem] {
        switch message.entry {
        case .webhook(let webhook):
            guard !message.isFinished else { return [] }
            return [
                item(
                    message, [0], domain: "",
                    LaneKey(
                        transport: .webhook, source: EgressTable.ownSource,
                        destination: webhook.webhook.text),
                    stream: .transactional, bytes: 0)
            ]
        case .mail(let mail):
            if message.recipients.count == 1 {
                guard message.waits(0) else { return [] }
                let domain = MailEntry.domain(of: mail.address(0))
                return [mailItem(message, mail, [0], domain: domain, lane)]
            }
            var byDomain: [String: [UInt16]] = [:]
            for index in message.pending {
                byDomain[MailEntry.domain(of: mail.address(index)), default: []].append(index)
            }
            return byDomain.sorted { $0.value[0] < $1.value[0] }.flatMap { domain, indexes in
                let shared = mail.links.isEmpty ? byDueTime(indexes, message) : indexes.map { [$0] }
                return shared.map { mailItem(message, mail, $0, domain: domain, lane) }
            }
        }
    }

    private static func mailItem(
        _ message: OpenMessage, _ mail: MailEntry, _ indexes: [UInt16], domain: String,
        _ lane: (MailEntry, String) -> LaneKey
    ) -> QueueItem {
        item(
            message, indexes, domain: domain, mail.log.isTest ? captured : lane(mail, domain),
            stream: mail.stream, bytes: mail.bodyBytes)
    }

    /// After a restart recipients of one domain may wait for different times; nobody waits for another's.
    private static func byDueTime(_ indexes: [UInt16], _ message: OpenMessage) -> [[UInt16]] {
        if indexes.count == 1 { return [indexes] }
        return Dictionary(grouping: indexes) { message.recipients[Int($0)].nextAttemptAt ?? 0 }
            .sorted { $0.key < $1.key }.map(\.value)
    }

    private static func item(
        _ message: OpenMessage, _ indexes: [UInt16], domain: String, _ lane: LaneKey,
        stream: MessageStream, bytes: Int
    ) -> QueueItem {
        let due = indexes.compactMap { message.recipients[Int($0)].nextAttemptAt }.min() ?? 0
        let attempts = indexes.map { message.recipients[Int($0)].attempts }.max() ?? 0
        return QueueItem(
            id: message.id, recipients: RecipientIndexes(indexes), tenant: message.entry.tenant,
            stream: stream, domain: domain, lane: lane, due: Queue.Timestamp(milliseconds: due),
            deadline: Queue.Timestamp(milliseconds: message.deadline), attempts: UInt16(clamping: attempts),
            bytes: UInt32(clamping: bytes))
    }
}

extension MailEntry {
    var stream: MessageStream { isBulk ? .bulk : .transactional }
}
