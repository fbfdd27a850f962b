import Admission
import HTTP
import MailFormat
import NodeProtocol
import Relay

/// The Messages API on a node: `send`, `batch`, and the withdrawal of what this node holds for later. All
/// questions about messages are the control plane's.
///
/// Tracking is on here unless it is declined; with it goes the offer to leave by one click. Refusals have the
/// codes of this API where it has one, with the status that they have at every door.
struct MessagesDoor: Sendable {
    let intake: any Intake
    let idempotency: IdempotencyKeys
    /// Asks the control plane, which finds the node that holds what this one does not.
    let relay: Router.Fallback
    let openHours: DoorRouter.OpenHours
    /// As many as the messages of a batch have with 50 recipients each. The history of others is not asked.
    private static let maxAskedReaders = 50 * MessagesRoutes.maxBatchMessages

    func add(to router: inout Router) {
        router.on(.post, MessagesRoutes.prefix + "/send", MessagesRoutes.send, send)
        router.on(.post, MessagesRoutes.prefix + "/batch", MessagesRoutes.batch, batch)
        router.on(
            .delete, MessagesRoutes.prefix + "/{message_id}/schedule", MessagesRoutes.cancel, cancel)
    }

    /// Gives each draft that asks for it the hour in which its readers opened most.
    func findTimes(_ drafts: inout [MessageDraft], of tenant: TenantID) async {
        let readers = drafts.map { draft in
            draft.optimizesTime ? MessageDraft.addresses(draft.to).map(\.caseFolded) : []
        }
        let known = await opens(of: readers, tenant)
        for index in drafts.indices where drafts[index].optimizesTime {
            let isKnown = readers[index].allSatisfy { known[$0] != nil }
            let opens = isKnown ? readers[index].compactMap { known[$0] } : nil
            let time = SendTime(opens: opens, now: intake.now())
            drafts[index].sendTime = time
            drafts[index].submission.scheduledAt = time.at
        }
    }

    /// What each reader opened by hour, which is empty of who has no history. Asked for in questions of as
    /// many readers as one may have, until one is not answered in time.
    private func opens(of readers: [[String]], _ tenant: TenantID) async -> [String: [Int]] {
        var seen: Set<String> = []
        let asked = readers.joined().filter { seen.insert($0).inserted }.prefix(Self.maxAskedReaders)
        var known: [String: [Int]] = [:]
        for start in stride(from: 0, to: asked.count, by: OpenHours.maxAddresses) {
            let question = Array(asked.dropFirst(start).prefix(OpenHours.maxAddresses))
            guard let answer = await openHours(tenant, question) else { break }
            for reader in question { known[reader] = answer[reader] ?? [] }
        }
        return known
    }
}

/// An answer of the Messages API.
struct MessagesAnswer<Content: Encodable>: Encodable {
    let data: Content
}
