import NodeProtocol

extension MessageQueue {
    /// Takes an attempt back. Its slot stays taken: the connection may go on with `nextOnLane`, or is
    /// released.
    ///
    /// - Parameter reply: what the remote said, for `explain`; cut to 200 bytes.
    package mutating func finish(
        _ attempt: Attempt, result: AttemptResult, reply: String? = nil, now: Timestamp
    ) -> Finished {
        let now = tick(now)
        let row = attempt.entry
        guard row < entries.end, entries[row].generation == attempt.generation, entries[row].isHandedOut
        else { return .unknown }
        let lane = flows[entries[row].flow].lane
        lanes[lane].inFlight -= 1
        inFlightCount -= 1
        if let reply { lanes[lane].lastReply = SharedTexts.cut(reply) }
        let finished: Finished
        switch result {
        case .done:
            reached(lane, now: now)
            lanes[lane].adaptation.success(maxConnections: lanes[lane].limits.maxConnections)
            drop(row, now: now)
            finished = .removed
        case .retry(let moment, let recipients):
            reached(lane, now: now)
            finished = putBack(row, at: moment, recipients: recipients, reply: reply, now: now)
        case .laneFailed(let pause):
            failed(lane, pauseMilliseconds: pause, reply: reply, now: now)
            finished = putBack(row, at: nil, recipients: nil, reply: reply, now: now)
        }
        if lanesByKey[attempt.lane] == lane { offer(lane, now: now) }
        return finished
    }

    /// What a destination's replies say about its limits, beside what the queue learns by itself: each
    /// `.done` is a success already. A lane that is not known any more is ignored.
    package mutating func report(_ key: LaneKey, _ signal: LaneSignal, reason: String? = nil, now: Timestamp)
    {
        let now = tick(now)
        guard let lane = lanesByKey[key] else { return }
        switch signal {
        case .success:
            lanes[lane].lastSuccess = now
            lanes[lane].adaptation.success(maxConnections: lanes[lane].limits.maxConnections)
        case .throttled:
            lanes[lane].adaptation.throttled(now: now, reason: reason.map { SharedTexts.cut($0) })
        }
        offer(lane, now: now)
    }

    /// The destination answered, whatever it said.
    private mutating func reached(_ lane: UInt32, now: Timestamp) {
        lanes[lane].failures = 0
        lanes[lane].lastSuccess = now
    }

    private static let workingLaneMilliseconds: Int64 = 60_000

    /// A failure beside connections that work is a sign of too many; otherwise the lane pauses, longer each
    /// time, and afterwards one connection probes. Failures during a pause belong to the one that began it.
    private mutating func failed(_ lane: UInt32, pauseMilliseconds: Int64?, reply: String?, now: Timestamp) {
        let reason = reply.map { SharedTexts.cut($0) }
        let isWorking =
            lanes[lane].connections > 1
            && lanes[lane].lastSuccess.map { now.milliseconds(since: $0) < Self.workingLaneMilliseconds }
                ?? false
        if pauseMilliseconds == nil, isWorking {
            lanes[lane].adaptation.throttled(now: now, reason: reason)
            return
        }
        lanes[lane].adaptation.collapse(now: now, reason: reason)
        let isPaused = lanes[lane].pausedUntil.map { $0 > now } ?? false
        if pauseMilliseconds == nil, isPaused { return }
        if !isPaused { lanes[lane].failures = min(lanes[lane].failures + 1, 1_000) }
        let own = RetrySchedule.unreachableLane.pauseMilliseconds(
            afterAttempts: lanes[lane].failures, random: random.next())
        let until = now.advanced(byMilliseconds: max(pauseMilliseconds ?? own ?? 0, 0))
        lanes[lane].pausedUntil = max(lanes[lane].pausedUntil ?? until, until)
        unoffer(lane)
    }

    private mutating func putBack(
        _ row: UInt32, at moment: Timestamp?, recipients: RecipientIndexes?, reply: String?, now: Timestamp
    ) -> Finished {
        if let recipients { narrow(row, to: recipients) }
        if let reply {
            replies.release(entries[row].reply)
            entries[row].reply = replies.use(reply)
        }
        if entries[row].flags.contains(.cancelWhenBack) || entries[row].deadline <= now,
            let gone = leaveIfAsked(row, now: now)
        {
            return gone
        }
        guard let due = moment ?? scheduledRetry(row, now: now) else {
            withdrawExpired(row, reason: .attemptsUsedUp)
            return .expired
        }
        entries[row].due = due
        if let held = leaveIfAsked(row, now: now) { return held }
        settle(row, now: now)
        return .waiting(until: due)
    }

    private mutating func scheduledRetry(_ row: UInt32, now: Timestamp) -> Timestamp? {
        let transport = lanes[flows[entries[row].flow].lane].key.transport
        let schedule = transport == .webhook ? webhookSchedule : mailSchedule
        let pause = schedule.pauseMilliseconds(afterAttempts: entries[row].attempts, random: random.next())
        return pause.map(now.advanced(byMilliseconds:))
    }

    /// Keeps only those of the entry's recipients that are named; naming none, or others, keeps all.
    private mutating func narrow(_ row: UInt32, to named: RecipientIndexes) {
        guard entries[row].recipientCount > 1, let all = recipientLists[row] else { return }
        let kept = all.filter(named.contains)
        guard let first = kept.first, kept.count < all.count else { return }
        setState(row, .free)
        entries[row].recipient = first
        entries[row].recipientCount = UInt16(clamping: kept.count)
        recipientLists[row] = kept.count > 1 ? kept : nil
        setState(row, .sending)
    }
}
