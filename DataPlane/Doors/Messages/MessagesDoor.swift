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

    func add(to router: inout Router) {
        router.on(.post, MessagesRoutes.prefix + "/send", MessagesRoutes.send, send)
        router.on(.post, MessagesRoutes.prefix + "/batch", MessagesRoutes.batch, batch)
        router.on(
            .delete, MessagesRoutes.prefix + "/{message_id}/schedule", MessagesRoutes.cancel, cancel)
    }

    /// Gives each draft that asks for it the hour in which its readers opened most. One question for all.
    func findTimes(_ drafts: inout [MessageDraft], of tenant: TenantID) async {
        let readers = drafts.map { draft in
            draft.optimizesTime ? MessageDraft.addresses(draft.to).map(\.caseFolded) : []
        }
        let asked = Set(readers.joined())
        let isAsked = !asked.isEmpty && asked.count <= OpenHours.maxAddresses
        let known = isAsked ? await openHours(tenant, Array(asked)) : nil
        for index in drafts.indices where drafts[index].optimizesTime {
            let opens = known.map { known in readers[index].compactMap { known[$0] } }
            let time = SendTime(opens: opens, now: intake.now())
            drafts[index].sendTime = time
            drafts[index].submission.scheduledAt = time.at
        }
    }
}

/// An answer of the Messages API.
struct MessagesAnswer<Content: Encodable>: Encodable {
    let data: Content
}
