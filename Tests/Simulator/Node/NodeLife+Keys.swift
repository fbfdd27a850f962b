import Admission
import EventLoop
import NodeProtocol

@testable import Doors
@testable import Node

/// Clients that send under idempotency keys: who got no answer, or a refusal, asks again with the same key,
/// in the next life as well; and some ask again although they were answered.
extension NodeLife {
    /// A new message under a key, or one of those that there were again.
    func offerKeyed(_ core: Core) async {
        let known = world.keyed
        if !known.isEmpty, simulator.chance(500) {
            let unanswered = known.filter { $0.answer == nil }
            let choice = unanswered.isEmpty ? known : unanswered
            return await send(choice[simulator.below(choice.count)], core, isFirst: false)
        }
        let offer = NodeWorld.KeyedOffer(
            token: world.token(), tenant: simulator.below(world.principals.count),
            recipients: 1 + simulator.below(3), bodyBytes: simulator.below(500), jumps: world.jumps)
        world.add(offer)
        await send(offer, core, isFirst: true)
    }

    /// Every key once more, on a disk without trouble: some of the messages are long done.
    func repeatAll(_ core: Core, _ loop: EventLoop) async {
        for offer in world.keyed {
            await loop.sleep(.milliseconds(simulator.below(plan.offerPauseMilliseconds)))
            await send(offer, core, isFirst: false)
        }
    }

    private func send(_ offer: NodeWorld.KeyedOffer, _ core: Core, isFirst: Bool) async {
        let principal = world.principals[offer.tenant]
        let submission = NodeWorld.submission(
            offer.token, recipients: offer.recipients, tenant: offer.tenant, bodyBytes: offer.bodyBytes)
        let id = NodeWorld.id(offer.token)
        let deadline = simulator.milliseconds + Int64(principal.tenant.limits.deadlineHours) * 3_600_000
        if isFirst {
            ledger.offer(
                id, recipients: offer.recipients, notBefore: simulator.milliseconds, deadline: deadline)
        } else {
            ledger.offerAgain(id, deadline: deadline)
        }
        let refusals = ledger.refusals
        do throws(Refusal) {
            let answer = try await core.idempotency.queued(
                offer.key, from: principal, route: "smtp", content: Array(offer.key.utf8)
            ) { () throws(Refusal) in try await core.road.submit(submission, from: principal).id }
            if disk.isOver { return }
            ledger.accepted(id, refusalsBefore: refusals)
            let first = world.answered(offer.token, answer)
            if first != answer {
                ledger.violate("\(offer.key) was answered with \(first), now with \(answer)")
            }
        } catch {
            // While another asks with the same key nothing is known; else it was refused.
            if disk.isOver || error.code == .requestInProgress { return }
            if let answer = offer.answer {
                return ledger.violate("\(offer.key) was answered with \(answer), now it is refused: \(error)")
            }
            ledger.refused(id)
        }
    }
}
