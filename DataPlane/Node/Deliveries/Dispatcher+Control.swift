import EventLoop
import HTTP
import NodeProtocol
import Queue

/// What operators do to the queue, and what they are told of it. On the dispatcher's loop; what survives a
/// restart is on disk before the answer.
extension Dispatcher {
    private static let itemsPerPortion = 2_000

    // MARK: Looking

    func laneList(_ pattern: DestinationPattern?, limit: Int) -> LaneList {
        let now = timestamp()
        return LaneList(
            lanes: queue.laneReports(matching: pattern, now: now, limit: limit).map { LaneView($0) },
            counts: QueueCounts(queue.counts), laneCount: queue.laneCount)
    }

    func restrictionList() -> RestrictionList {
        let now = timestamp()
        return RestrictionList(
            restrictions: queue.restrictions.map { RestrictionView($0) }
                + router.ledger.usedUp(now: now).map { RestrictionView($0) }
                + automation.cancelledRestrictions(now: now).map { RestrictionView($0, isCancelled: true) })
    }

    /// Nil when nothing of the message waits. Its recipients are read from the spool when they are not in
    /// memory any more.
    func explain(_ id: MessageID) async throws -> MessageExplanation? {
        guard queue.contains(id) else { return nil }
        var message = cache[id]
        if message == nil { message = try? await loader.load(id).message }
        let items = queue.explain(id, now: timestamp())
        guard let tenant = items.first?.tenant else { return nil }
        return MessageExplanation(
            id: id, tenant: tenant,
            items: items.map { explanation in
                MessageExplanation.Item(
                    explanation,
                    recipients: explanation.recipients.map { message?.address($0) ?? "" }, obstacle: obstacle)
            })
    }

    /// What keeps the whole node from starting anything.
    private var obstacle: String? {
        if isHolding { return "the node accepts and stores only (DISPATCH_HOLD_DELIVERY)" }
        if unwritten > 0 { return "the node's disk does not take outcomes" }
        return isStopping ? "the node stops" : nil
    }

    // MARK: Restrictions

    /// Puts what the process before had in force in force again.
    func restore(_ memory: QueueStore.Memory) {
        let now = timestamp()
        for view in memory.restrictions {
            guard let restriction = view.restriction else { continue }
            if view.isCancelled {
                automation.cancel(restriction, now: now)
            } else {
                queue.impose(restriction, now: now)
            }
        }
    }

    func suspend(_ command: SuspendCommand) async throws -> RestrictionView {
        let restriction = try command.restriction(now: timestamp())
        guard queue.impose(restriction, now: timestamp()) else {
            throw APIError(
                409, "too_many_restrictions", "There are \(MessageQueue.maxRestrictions) restrictions.")
        }
        pump()
        try await save()
        return RestrictionView(restriction)
    }

    func resume(_ command: ResumeCommand) async throws -> RestrictionList {
        let id = try command.restrictionID()
        let now = timestamp()
        guard let restriction = queue.restriction(id) else {
            throw APIError(404, "not_found", "No restriction \(id) is in force.")
        }
        queue.lift(id, now: now)
        automation.cancel(restriction, now: now)
        // The reply that brought the rule about may have made the lane pause by itself as well.
        if case .lane(let key) = restriction.scope { queue.endPause(key, now: now) }
        pump()
        try await save()
        return RestrictionList(restrictions: [RestrictionView(restriction)])
    }

    /// Says that a rule has fired, and keeps what it imposed.
    func reportImposed(_ restriction: Restriction) {
        recorder.log.warning(
            "rule in force",
            [
                "rule": .string(restriction.rule ?? ""), "restriction": .string(restriction.id),
                "reason": .string(restriction.reason), "reply": .string(restriction.evidence ?? ""),
            ])
        saveSoon()
    }

    // MARK: Messages

    /// Goes over the queue in portions, with the loop's other work between them.
    func command(_ command: QueueCommand) async throws -> QueueCommandResult {
        let filter = try command.selector.filter(acceptedBefore: timestamp())
        let isDryRun = command.dryRun ?? false
        var sweep = Sweep(command.action, filter, countsOnly: isDryRun)
        while !sweep.isComplete {
            let swept = queue.sweep(&sweep, portion: Self.itemsPerPortion, now: timestamp())
            leave(swept.withdrawn)
            if !sweep.isComplete { await loop.sleep(.milliseconds(1)) }
            while unwritten > 0, !isStopping { await loop.sleep(.milliseconds(100)) }
        }
        pump()
        if !isDryRun, command.action == .hold || command.action == .release, sweep.recipients > 0 {
            do { try await store.save(held: queue.heldItems()) } catch {
                throw APIError(503, "not_stored", "Done, but a restart of the node would undo it: \(error).")
            }
        }
        return QueueCommandResult(
            messages: sweep.messages, recipients: sweep.recipients, sending: sweep.sending, isDryRun: isDryRun
        )
    }

    // MARK: What survives

    var memory: QueueStore.Memory {
        let now = timestamp()
        let cancelled = automation.cancelledRestrictions(now: now)
        return QueueStore.Memory(
            restrictions: queue.restrictions.map { RestrictionView($0) }
                + cancelled.map { RestrictionView($0, isCancelled: true) },
            warmUp: router.ledger.state)
    }

    private func save() async throws {
        do { try await store.save(memory) } catch {
            throw APIError(503, "not_stored", "Done, but a restart of the node would undo it: \(error).")
        }
    }

    /// Writes what rules have imposed and warm-ups have counted; what the disk does not take now it takes the
    /// next time.
    func saveSoon() {
        guard !isSaveDue else { return }
        isSaveDue = true
        let bound = LoopBound(self, on: loop)
        loop.after(.seconds(1)) {
            bound.loop.spawn {
                bound.value.isSaveDue = false
                await bound.value.saveIfChanged()
            }
        }
    }

    /// For every minute, and the end.
    func saveIfChanged() async {
        let memory = memory
        guard memory != saved else { return }
        do {
            try await store.save(memory)
            saved = memory
        } catch {
            recorder.log.error("queue control not written", ["error": .error(error)])
        }
    }
}

extension OpenMessage {
    /// Whom the recipient at an index is; for a webhook its endpoint.
    fileprivate func address(_ index: UInt16) -> String {
        switch entry {
        case .mail(let mail): mail.address(index)
        case .webhook(let webhook): webhook.url
        }
    }
}
