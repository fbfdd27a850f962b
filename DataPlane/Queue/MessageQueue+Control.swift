import NodeProtocol

/// What a cancel did.
package struct CancelReport: Hashable, Sendable {
    package let withdrawn: [Withdrawn]
    /// Items in flight: withdrawn when their attempt comes back without success.
    package let sending: Int
}

/// What is done to single messages by their id. Each takes time in proportion to the message's items.
extension MessageQueue {
    /// Withdraws what has not left. What is in flight is withdrawn when it comes back.
    package mutating func cancel(_ id: MessageID, now: Timestamp) -> CancelReport {
        let now = tick(now)
        let rows = rows(of: id)
        let gone = rows.compactMap { cancel($0, now: now) }
        return CancelReport(withdrawn: gone, sending: rows.count - gone.count)
    }

    /// Keeps a message back until `unhold`; its deadline goes on. What is in flight is held when it comes
    /// back. Answers the number of items concerned.
    @discardableResult
    package mutating func hold(_ id: MessageID, now: Timestamp) -> Int {
        _ = tick(now)
        let rows = rows(of: id)
        for row in rows { hold(row) }
        return rows.count
    }

    /// Keeps those items of a message back that are for one of these recipients. For what was held before a
    /// restart.
    package mutating func hold(_ id: MessageID, recipients: Set<UInt16>, now: Timestamp) {
        _ = tick(now)
        for row in rows(of: id) where self.recipients(of: row).contains(where: recipients.contains) {
            hold(row)
        }
    }

    /// Lets a held message go on where it was. Answers the number of items concerned.
    @discardableResult
    package mutating func unhold(_ id: MessageID, now: Timestamp) -> Int {
        let now = tick(now)
        return rows(of: id).count { unhold($0, now: now) }
    }

    /// Makes waiting items due at once, whatever their schedule. Held ones stay held.
    /// Answers the number of items concerned.
    @discardableResult
    package mutating func requeue(_ id: MessageID, now: Timestamp) -> Int {
        let now = tick(now)
        return rows(of: id).count { requeue($0, now: now) }
    }

    /// Whether all of a message still waits for the first time that it may leave at.
    package func waitsForFirstTime(_ id: MessageID, now: Timestamp) -> Bool {
        let rows = rows(of: id)
        return !rows.isEmpty
            && rows.allSatisfy { row in
                let entry = entries[row]
                return entry.attempts == 0 && entry.due > now
                    && (entry.state == .waiting || entry.state == .held)
            }
    }

    /// Moves the first time of items that have not been attempted and do not wait for their turn already,
    /// and with it their deadline. Answers the number of items concerned.
    @discardableResult
    package mutating func reschedule(
        _ id: MessageID, due: Timestamp, deadline: Timestamp? = nil, now: Timestamp
    ) -> Int {
        let now = tick(now)
        var count = 0
        for row in rows(of: id) where entries[row].attempts == 0 {
            switch entries[row].state {
            case .waiting:
                entries[row].deadline = deadline ?? entries[row].deadline
                move(row, to: due, now: now)
            case .held:
                entries[row].due = due
                guard let deadline else { break }
                entries[row].deadline = deadline
                entryTimers.disarm(row)
                entryTimers.arm(row, at: deadline)
            case .ready, .sending, .lookup, .free: continue
            }
            count += 1
        }
        return count
    }

    /// Every held item, with its recipients: what has to be held again after a restart.
    package func heldItems() -> [(id: MessageID, recipients: RecipientIndexes)] {
        (0..<entries.end).compactMap { row in
            let entry = entries[row]
            guard entry.generation != 0, entry.state == .held || entry.flags.contains(.holdWhenBack) else {
                return nil
            }
            return (entry.id, recipients(of: row))
        }
    }

    // MARK: Single items

    /// Nil when it is in flight.
    mutating func cancel(_ row: UInt32, now: Timestamp) -> Withdrawn? {
        if entries[row].isHandedOut {
            entries[row].flags.insert(.cancelWhenBack)
            return nil
        }
        detach(row)
        let gone = withdrawn(row, reason: .cancelled)
        drop(row, now: now)
        return gone
    }

    mutating func hold(_ row: UInt32) {
        switch entries[row].state {
        case .sending, .lookup: entries[row].flags.insert(.holdWhenBack)
        case .waiting, .ready:
            detach(row)
            setState(row, .held)
            entryTimers.arm(row, at: entries[row].deadline)
        case .held, .free: break
        }
    }

    @discardableResult
    mutating func unhold(_ row: UInt32, now: Timestamp) -> Bool {
        if entries[row].flags.contains(.holdWhenBack) {
            entries[row].flags.remove(.holdWhenBack)
            return true
        }
        guard entries[row].state == .held else { return false }
        entryTimers.disarm(row)
        settle(row, now: now)
        return true
    }

    @discardableResult
    mutating func requeue(_ row: UInt32, now: Timestamp) -> Bool {
        guard entries[row].state == .waiting else { return false }
        move(row, to: now, now: now)
        return true
    }

    private mutating func move(_ row: UInt32, to due: Timestamp, now: Timestamp) {
        detach(row)
        entries[row].due = due
        settle(row, now: now)
    }
}
