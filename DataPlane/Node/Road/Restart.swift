import NodeProtocol
import Service
import Spool

/// Puts the node back to where it was when the process before it ended, from what the spool holds.
struct Restart: Sendable {
    let node: UInt16
    let spool: Spool
    let log: Log
    let metrics: NodeMetrics
    var clock = WallClock.system
    /// False for a start that must add no event to the journal but what it missed.
    var tellsOfDamage = true
    /// Seals a body for the log, as it was done when the message was accepted.
    let seal: @Sendable (MessageID, MailEntry, [UInt8]) -> [UInt8]

    private static let messagesAtOnce = 1_000

    /// Gives the journal the events that it missed, and hands over every message that is not finished, some
    /// at a time: all of them would not fit into memory.
    ///
    /// - Returns: the last group of which the journal got events here; 0 for none.
    @discardableResult
    func run(_ recovery: Recovery, _ take: ([OpenMessage]) async -> Void) async -> UInt64 {
        for warning in recovery.warnings { log.warning("spool recovery", ["detail": .string(warning)]) }
        for item in recovery.quarantined {
            log.error("spool damage put aside", ["path": .string(item.path), "reason": .string(item.reason)])
        }
        let bodies = await sealedBodies(recovery)
        spool.replay(recovery) { group in group.records.flatMap { journaled($0, bodies) } }
        var last = recovery.unjournaled.last?.sequence ?? 0
        if tellsOfDamage { last = max(last, await endLost(recovery)) }
        var messages: [OpenMessage] = []
        var count = 0
        var inFlight = 0
        for recovered in recovery.entries {
            guard let message = reopen(recovered, &inFlight) else {
                log.error("entry of the spool cannot be read", ["message_id": .describing(recovered.id)])
                continue
            }
            if message.isFinished {
                // A bounce came back for the last who was being sent to when the process ended.
                spool.submit(SpoolGroup(records: [.closed(message.id)]))
                continue
            }
            messages.append(message)
            count += 1
            guard messages.count == Self.messagesAtOnce else { continue }
            await take(messages)
            messages.removeAll(keepingCapacity: true)
        }
        await take(messages)
        metrics.inFlightAtCrash.increment(by: inFlight)
        log.info(
            "spool recovered",
            [
                "open": .int(count), "in_flight": .int(inFlight),
                "unjournaled": .int(recovery.unjournaled.count), "torn_bytes": .int(recovery.tornTailBytes),
            ])
        return last
    }

    /// Ends what was open and is damaged. A piece that an earlier start found is told of again, in case that
    /// start ended too soon; the control plane changes only what is not finished.
    private func endLost(_ recovery: Recovery) async -> UInt64 {
        var told: Set<MessageID> = []
        var last: UInt64 = 0
        for item in recovery.quarantined {
            for id in item.messages where !spool.contains(id) && told.insert(id).inserted {
                // A crash tears writes that nobody was told of; to tell of those as well does no harm.
                if item.isNew, !item.isTail {
                    metrics.lostMessages.increment()
                    log.error("message lost to damage on disk", ["message_id": .describing(id)])
                }
                let group = LostMessage.group(id, tenant: nil, node: node, at: clock.now())
                do throws(SpoolError) { last = try await spool.commit(group).sequence } catch {
                    log.error(
                        "lost message not recorded: the next start tells of it",
                        ["message_id": .describing(id), "error": .error(error)])
                }
            }
        }
        return last
    }

    private func reopen(_ recovered: Recovery.Entry, _ inFlight: inout Int) -> OpenMessage? {
        guard var message = OpenMessage(recovered.id, header: recovered.header, updates: recovered.updates)
        else { return nil }
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
            let body = bodies[id] ?? []
            return AcceptedEvents.journaled(
                AcceptedEvents.make(id: id, mail: mail, node: node), bodyBytes: body.count
            ) { $0 += body }
        case .update(_, let payload):
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
