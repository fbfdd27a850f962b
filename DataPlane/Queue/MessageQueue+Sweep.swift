import NodeProtocol

/// Which items an act on many chooses. What is nil is not asked for.
package struct ItemFilter: Sendable {
    /// Nil: every message.
    package var messages: [MessageID]?
    package var tenant: TenantID?
    package var lane: LaneKey?
    /// Fits no mail whose hosts are not known yet.
    package var destination: DestinationPattern?
    /// Only what was accepted before.
    package var acceptedBefore: Timestamp

    package init(
        messages: [MessageID]? = nil, tenant: TenantID? = nil, lane: LaneKey? = nil,
        destination: DestinationPattern? = nil, acceptedBefore: Timestamp
    ) {
        self.messages = messages
        self.tenant = tenant
        self.lane = lane
        self.destination = destination
        self.acceptedBefore = acceptedBefore
    }
}

/// Goes over the queue in portions, so that an act on a million items does not hold up the loop. What comes
/// in or moves meanwhile may be seen or not.
package struct Sweep: Sendable {
    /// Nil: it only counts.
    package let action: QueueCommand.Action?
    /// The states that count are those of this action.
    package let counted: QueueCommand.Action
    package let filter: ItemFilter
    fileprivate var position: Int = 0
    package fileprivate(set) var isComplete = false
    /// Chosen so far; those in flight included.
    package fileprivate(set) var recipients = 0
    package fileprivate(set) var messages = 0
    package fileprivate(set) var sending = 0

    package init(_ action: QueueCommand.Action, _ filter: ItemFilter, countsOnly: Bool) {
        self.action = countsOnly ? nil : action
        counted = action
        self.filter = filter
    }
}

/// What a portion of a sweep did.
package struct Swept: Sendable {
    /// Recipients that were held or released, by message.
    package var changed: [(id: MessageID, recipients: RecipientIndexes)] = []
    /// Recipients that were withdrawn.
    package var withdrawn: [Withdrawn] = []
}

extension MessageQueue {
    /// Does the next portion of a sweep: looks at `portion` items at most.
    package mutating func sweep(_ sweep: inout Sweep, portion: Int, now: Timestamp) -> Swept {
        let now = tick(now)
        var swept = Swept()
        var fitting: [UInt32: Bool] = [:]
        if let messages = sweep.filter.messages {
            for id in messages.dropFirst(sweep.position).prefix(portion) {
                for row in rows(of: id) where entries[row].id == id && entries[row].generation != 0 {
                    visit(row, &sweep, &swept, &fitting, now: now)
                }
            }
            sweep.position += portion
            sweep.isComplete = sweep.position >= messages.count
            return swept
        }
        let end = min(Int(entries.end), sweep.position + portion)
        while sweep.position < end {
            let row = UInt32(sweep.position)
            sweep.position += 1
            if entries[row].generation != 0 { visit(row, &sweep, &swept, &fitting, now: now) }
        }
        sweep.isComplete = sweep.position >= Int(entries.end)
        return swept
    }

    /// Acts on all of a message's items that are chosen when it comes to the first of them, so that each
    /// message counts once.
    private mutating func visit(
        _ row: UInt32, _ sweep: inout Sweep, _ swept: inout Swept, _ fitting: inout [UInt32: Bool],
        now: Timestamp
    ) {
        guard matches(row, sweep.filter, &fitting), isConcerned(row, by: sweep.counted) else { return }
        let chosen = rows(of: entries[row].id).filter {
            matches($0, sweep.filter, &fitting) && isConcerned($0, by: sweep.counted)
        }
        guard chosen.min() == row else { return }
        sweep.messages += 1
        for row in chosen {
            sweep.recipients += Int(entries[row].recipientCount)
            if entries[row].isHandedOut { sweep.sending += Int(entries[row].recipientCount) }
            act(on: row, sweep.action, &swept, now: now)
        }
    }

    private mutating func act(
        on row: UInt32, _ action: QueueCommand.Action?, _ swept: inout Swept, now: Timestamp
    ) {
        switch action {
        case nil: break
        case .hold, .release:
            swept.changed.append((entries[row].id, recipients(of: row)))
            if action == .hold { hold(row) } else { unhold(row, now: now) }
        case .requeue: requeue(row, now: now)
        case .cancel: if let gone = cancel(row, now: now) { swept.withdrawn.append(gone) }
        }
    }

    private func isConcerned(_ row: UInt32, by action: QueueCommand.Action) -> Bool {
        let entry = entries[row]
        switch action {
        case .hold: return entry.state != .held && !entry.flags.contains(.holdWhenBack)
        case .release: return entry.state == .held || entry.flags.contains(.holdWhenBack)
        case .requeue: return entry.state == .waiting
        case .cancel: return !entry.flags.contains(.cancelWhenBack)
        }
    }

    private func matches(_ row: UInt32, _ filter: ItemFilter, _ fitting: inout [UInt32: Bool]) -> Bool {
        guard Int64(clamping: entries[row].id.milliseconds) < filter.acceptedBefore.milliseconds else {
            return false
        }
        let flow = entries[row].flow
        if let tenant = filter.tenant, tenants[flows[flow].tenant].id != tenant { return false }
        let lane = flows[flow].lane
        let key = lanes[lane].key
        if let wanted = filter.lane, wanted != key { return false }
        guard let pattern = filter.destination else { return true }
        if let known = fitting[lane] { return known }
        let fits = key.transport != .lookup && pattern.matches(key.destination)
        fitting[lane] = fits
        return fits
    }
}
