import NodeProtocol
import Service
import Spool

/// Puts the node back to where it was when the process before it ended, from what the spool holds.
struct Restart: Sendable {
    let node: UInt16
    let spool: Spool
    let log: Log
    let metrics: NodeMetrics
    /// Seals a body for the log, as it was done when the message was accepted.
    let seal: @Sendable (MessageID, MailEntry, [UInt8]) -> [UInt8]

    /// Gives the journal the events that it missed, and returns every message that is not finished.
    func run(_ recovery: Recovery) async -> [OpenMessage] {
        for warning in recovery.warnings { log.warning("spool recovery", ["detail": .string(warning)]) }
        for item in recovery.quarantined {
            log.error("spool damage put aside", ["path": .string(item.path), "reason": .string(item.reason)])
        }
        let bodies = await sealedBodies(recovery)
        spool.replay(recovery) { group in group.records.flatMap { journaled($0, bodies) } }
        var messages: [OpenMessage] = []
        var inFlight = 0
        for recovered in recovery.entries {
            guard let message = reopen(recovered, &inFlight) else {
                log.error("entry of the spool cannot be read", ["message_id": .describing(recovered.id)])
                continue
            }
            messages.append(message)
        }
        metrics.inFlightAtCrash.increment(by: inFlight)
        log.info(
            "spool recovered",
            [
                "open": .int(messages.count), "in_flight": .int(inFlight),
                "unjournaled": .int(recovery.unjournaled.count), "torn_bytes": .int(recovery.tornTailBytes),
            ])
        return messages
    }

    private func reopen(_ recovered: Recovery.Entry, _ inFlight: inout Int) -> OpenMessage? {
        guard let entry = Entry(recovered.header) else { return nil }
        var message = OpenMessage(id: recovered.id, entry: entry)
        for payload in recovered.updates {
            switch SpoolUpdate(decoding: payload) {
            case .started(let attempt, let recipients):
                for index in recipients { message.start(Int(index), attempt: Int(attempt)) }
            case .events(let events):
                for event in events {
                    if let index = message.index(of: event) { message.apply(event, to: index) }
                }
            case nil:
                log.warning("update of the spool cannot be read", ["message_id": .describing(recovered.id)])
            }
        }
        for index in message.recipients.indices where message.recipients[index].state == .sending {
            inFlight += 1
            message.recipients[index].state = .queued
        }
        return message
    }

    private func journaled(_ record: Recovery.Record, _ bodies: [MessageID: [UInt8]]) -> [[UInt8]] {
        switch record {
        case .entry(let id, let header):
            guard case .mail(let mail) = Entry(header) else { return [] }
            return AcceptedEvents.journaled(
                AcceptedEvents.make(id: id, mail: mail, node: node), sealedBody: bodies[id] ?? [])
        case .update(_, _, let payload):
            guard case .events(let events) = SpoolUpdate(decoding: payload) else { return [] }
            return Recorder.journaled(events)
        case .closed: return []
        }
    }

    /// The sealed bodies of the messages whose `accepted` the journal missed; what is closed already has
    /// none.
    private func sealedBodies(_ recovery: Recovery) async -> [MessageID: [UInt8]] {
        var bodies: [MessageID: [UInt8]] = [:]
        for group in recovery.unjournaled {
            for case .entry(let id, let header) in group.records {
                guard case .mail(let mail) = Entry(header), let body = try? await spool.body(of: id) else {
                    continue
                }
                bodies[id] = seal(id, mail, body)
            }
        }
        return bodies
    }
}
