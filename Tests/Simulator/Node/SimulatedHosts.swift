import CLinux
import EventLoop
import SMTPWire

@testable import Delivery

/// The mail hosts of the world, as one loop of a node reaches them: they refuse, hang, break off before and
/// after the final dot, and what they take the ledger knows.
final class SimulatedHosts: MailCarrier {
    /// How many attempts are under way on each lane, over all loops.
    final class Traffic: Sendable {
        private let lanes = Locked<[String: Int]>([:])

        func begin(_ lane: String) -> Int {
            lanes.withLock { lanes in
                lanes[lane, default: 0] += 1
                return lanes[lane] ?? 0
            }
        }

        func end(_ lane: String) { lanes.withLock { $0[lane, default: 1] -= 1 } }
    }

    private let simulator: Simulator
    private let ledger: Ledger
    private let world: NodeWorld
    private let disk: SimulatedDisk
    private let loop: EventLoop
    private let plan: NodePlan
    private let traffic: Traffic

    init(
        _ simulator: Simulator, _ ledger: Ledger, _ world: NodeWorld, _ disk: SimulatedDisk, _ plan: NodePlan,
        _ traffic: Traffic, on loop: EventLoop
    ) {
        self.simulator = simulator
        self.ledger = ledger
        self.world = world
        self.disk = disk
        self.plan = plan
        self.traffic = traffic
        self.loop = loop
    }

    func shutDown() async {}

    func deliver(_ attempt: DeliveryAttempt) async -> [RecipientOutcome] {
        let limit = plan.limit(of: attempt.lane)
        if traffic.begin(attempt.lane) > limit {
            ledger.violate("more than \(limit) attempts at a time on \(attempt.lane)")
        }
        defer { traffic.end(attempt.lane) }
        let places = attempt.recipients.compactMap { NodeWorld.place($0.address) }
        judge(attempt, places)
        await loop.sleep(.milliseconds(simulator.below(plan.answerMilliseconds)))
        let roll = simulator.below(100)
        if roll < plan.unreachable { return all(attempt, .failed(failure(.connect), host: nil)) }
        if roll < plan.unreachable + 3 {
            await loop.sleep(.seconds(300))
            return all(attempt, .failed(failure(.mail), host: nil))
        }
        var outcomes: [Outcome?] = places.map { _ in refusal() }
        do { try await attempt.beforeContent?() } catch {
            return all(attempt, .failed(failure(.content), host: nil))
        }
        await loop.sleep(.milliseconds(simulator.below(plan.answerMilliseconds)))
        if simulator.chance(plan.brokenBefore) { return all(attempt, .failed(failure(.content), host: nil)) }
        if disk.isOver { return all(attempt, .failed(failure(.connect), host: nil)) }
        let isRefused = simulator.chance(plan.deferred)
        if !isRefused {
            for (index, place) in places.enumerated() where outcomes[index] == nil {
                ledger.took(place.message, place.recipient)
            }
        }
        await loop.sleep(.milliseconds(simulator.below(plan.answerMilliseconds)))
        if disk.isOver { return all(attempt, .failed(failure(.connect), host: nil)) }
        for (index, place) in places.enumerated() where outcomes[index] == nil {
            if isRefused {
                outcomes[index] = .deferred(
                    .said(SMTPReply(451, .init(4, 3, 0), "later"), .endOfData, host: nil))
            } else if simulator.chance(plan.brokenBehind) {
                outcomes[index] = .deferred(.failed(failure(.endOfData), host: nil))
            } else {
                ledger.answered(place.message, place.recipient)
                outcomes[index] = Self.delivered
            }
        }
        return outcomes.enumerated().compactMap { index, outcome in
            outcome.map { RecipientOutcome(index: index, outcome: $0) }
        }
    }

    /// What must hold of every attempt.
    private func judge(_ attempt: DeliveryAttempt, _ places: [NodeWorld.Place]) {
        guard let first = places.first, places.count == attempt.recipients.count else {
            return ledger.violate("an attempt without recipients that were ever given")
        }
        let mark = Array(NodeWorld.mark(first.message).utf8)
        let isWhole = attempt.content.withUnsafeBytes { content in
            mark.withUnsafeBytes { mark in
                clinux_memmem(content.baseAddress, content.count, mark.baseAddress, mark.count) != nil
            }
        }
        if !isWhole || places.contains(where: { $0.message != first.message }) {
            ledger.violate("what leaves for \(attempt.recipients.map(\.address)) is not what was given")
        }
        if NodeWorld.isTracked(first.message.low) {
            let recipients = attempt.recipients.map(\.address)
            if recipients.count != 1 || !world.hasOwnLinks(attempt.content, recipient: recipients[0]) {
                ledger.violate("what leaves for \(recipients) has not the links of one recipient")
            }
        }
        if attempt.sender?.hasSuffix("@dispatch.tenant\(first.tenant).example") != true {
            ledger.violate("\(first.message) leaves with another return path: \(attempt.sender ?? "<>")")
        }
        if world.isSuspended(first.tenant) {
            ledger.violate("\(first.message) leaves though its tenant is suspended")
        }
        ledger.starts(first.message, tolerance: world.jumps)
    }

    /// A recipient that the host does not take, now or ever.
    private func refusal() -> Outcome? {
        if simulator.chance(plan.bounced) {
            return .bounced(.said(SMTPReply(550, .init(5, 1, 1), "no such user"), .recipient, host: nil))
        }
        if simulator.chance(plan.deferred) {
            return .deferred(.said(SMTPReply(450, .init(4, 2, 1), "try later"), .recipient, host: nil))
        }
        return nil
    }

    private func all(_ attempt: DeliveryAttempt, _ undelivered: Undelivered) -> [RecipientOutcome] {
        attempt.recipients.indices.map { RecipientOutcome(index: $0, outcome: .deferred(undelivered)) }
    }

    private func failure(_ stage: SMTPStage) -> SMTPFailure {
        .lost(.timedOut, stage)
    }

    private static let delivered: Outcome = {
        let address = SocketAddress(ip: "192.0.2.25", port: 25)
        guard let address else { preconditionFailure("a literal address") }
        let host = RemoteHost(MailCandidate(name: "mx.test", address: address), tls: nil)
        return .delivered(Delivered(host: host, reply: SMTPReply(250, .init(2, 0, 0), "taken"), queueID: nil))
    }()
}
