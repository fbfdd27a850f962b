import Delivery
import NodeProtocol
import Queue

/// Which lane a message's recipients take: one for each destination host set, here by fixed route or domain.
struct Lanes: Sendable {
    static let source = "default"
    let routes: RouteTable

    /// The items of an entry for those of its recipients that wait.
    func items(of message: OpenMessage) -> [QueueItem] {
        switch message.entry {
        case .webhook(let webhook):
            guard !message.isFinished else { return [] }
            return [
                item(
                    message, [0],
                    LaneKey(
                        transport: .webhook, source: Self.source,
                        destination: webhook.webhook.uuidString.lowercased()),
                    deadline: webhook.deadline, stream: .transactional, bytes: 0)
            ]
        case .mail(let mail):
            var byLane: [LaneKey: [UInt16]] = [:]
            for index in message.pending {
                let lane =
                    mail.log.isTest ? Self.captured : lane(for: MailEntry.domain(of: mail.address(index)))
                byLane[lane, default: []].append(index)
            }
            let stream: MessageStream = mail.isBulk ? .bulk : .transactional
            return byLane.sorted { $0.value[0] < $1.value[0] }.flatMap { lane, indexes in
                byDueTime(indexes, message).map { indexes in
                    item(
                        message, indexes, lane, deadline: mail.deadline, stream: stream, bytes: mail.bodyBytes
                    )
                }
            }
        }
    }

    func lane(for domain: String) -> LaneKey {
        LaneKey(
            transport: .smtp, source: Self.source,
            destination: routes.route(for: domain)?.description ?? domain)
    }

    /// Mail of test keys goes nowhere, so what becomes of it says nothing about any destination.
    private static let captured = LaneKey(transport: .smtp, source: source, destination: "captured")

    /// Fixed routes belong to the operator: they are as fast as their host is, not as a stranger's would be.
    func policies(routeConnections: Int) -> LanePolicyTable {
        var table = LanePolicyTable.providerDefaults
        let fixed = ([routes.everything].compactMap(\.self) + routes.domains.values).map { route in
            LanePolicy(
                id: "route.\(route)", transport: .smtp, destination: DestinationPattern(route.description),
                limits: LaneLimits(maxConnections: routeConnections, maxMessagesPerConnection: 1_000))
        }
        table.policies.insert(contentsOf: fixed, at: 0)
        return table
    }

    /// After a restart recipients of one lane may wait for different times; nobody waits for another's.
    private func byDueTime(_ indexes: [UInt16], _ message: OpenMessage) -> [[UInt16]] {
        Dictionary(grouping: indexes) { message.recipients[Int($0)].nextAttemptAt ?? 0 }
            .sorted { $0.key < $1.key }.map(\.value)
    }

    private func item(
        _ message: OpenMessage, _ indexes: [UInt16], _ lane: LaneKey, deadline: Int64, stream: MessageStream,
        bytes: Int
    ) -> QueueItem {
        let due = indexes.compactMap { message.recipients[Int($0)].nextAttemptAt }.min() ?? 0
        let attempts = indexes.map { message.recipients[Int($0)].attempts }.max() ?? 0
        return QueueItem(
            id: message.id, recipients: RecipientIndexes(indexes), tenant: message.entry.tenant,
            stream: stream,
            lane: lane, due: Queue.Timestamp(milliseconds: due),
            deadline: Queue.Timestamp(milliseconds: deadline),
            attempts: UInt16(clamping: attempts), bytes: UInt32(clamping: bytes))
    }
}
