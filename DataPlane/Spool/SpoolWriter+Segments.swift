import EventLoop

extension SpoolWriter {
    /// Deletes what is dead from the oldest end, then has the oldest compacted if that is worth it.
    func tidy() {
        while let oldest = log.segments.first, log.canRemoveOldest, isDead(oldest) {
            guard oldest.lastSequence <= journal.durableSequence else {
                askJournal(oldest.lastSequence)
                break
            }
            guard keys?.isDurable(upTo: oldest.lastSequence) ?? true else {
                askKeys(oldest.lastSequence)
                break
            }
            do throws(SystemError) { try log.removeOldest() } catch {
                shelf.withLock { $0.isHealthy = false }
            }
            guard log.segments.first?.number != oldest.number else { break }
            shelf.withLock { $0.forget(oldest) }
        }
        if let oldest = log.segments.first, let newest = log.segments.last, isWorthCompacting(oldest) {
            compactor.start(oldest.number, newest: newest.number)
        }
    }

    private func isDead(_ segment: SegmentLog.Segment) -> Bool {
        shelf.withLock { $0.index.live[segment.number] == nil }
    }

    private func isWorthCompacting(_ oldest: SegmentLog.Segment) -> Bool {
        guard log.segments.count >= max(2, configuration.compactMinSegments), log.canRemoveOldest else {
            return false
        }
        let (live, allLive, all) = shelf.withLock { shelf in
            (shelf.index.live[oldest.number]?.bytes ?? 0, shelf.index.liveBytes, shelf.diskBytes)
        }
        // Headers are not dead: copying would only make new ones, and never come to an end.
        let used = (oldest.bytes - SegmentHeader.bytes, all - log.segments.count * SegmentHeader.bytes)
        let percent = configuration.compactDeadPercent
        return live > 0
            && ((used.0 - live) * 100 >= percent * used.0 || (used.1 - allLive) * 100 >= percent * used.1)
    }

    /// A segment stays until the journal has the events of all its groups: they are derived from its records.
    private func askJournal(_ sequence: UInt64) {
        guard inbox.signal({ $0.mayAskJournal() }) else { return }
        journal.whenDurable(sequence) { [inbox] in inbox.signal { $0.journalAnswered() } }
    }

    /// The same for the keys, which are still good when the message is long gone.
    private func askKeys(_ sequence: UInt64) {
        guard askedKeys != sequence else { return }
        askedKeys = sequence
        keys?.whenDurable(sequence) { [inbox] in inbox.signal { $0.askTidy() } }
    }

    /// Copies entries out of the oldest segment, as one group that takes the place of all that was said of
    /// them. An entry that changed since it was read stays where it is, for the next round.
    func move(_ moves: [CompactionMove]) -> Bool {
        let current = shelf.withLock { shelf in moves.filter { shelf.index.slots[$0.id] == $0.slot } }
        guard !current.isEmpty else { return true }
        do throws(SystemError) {
            let buffer = try log.beginBatch(bytes: current.reduce(0) { $0 + $1.bytes })
            let sequence = log.openSequence
            var changes: [Change] = []
            for (index, move) in current.enumerated() {
                layOut(move, into: buffer, &changes, isFirst: index == 0, isLast: index == current.count - 1)
            }
            try log.flush()
            apply(changes)
            journal.append(sequence: sequence, events: [])
            return true
        } catch {
            shelf.withLock { $0.isHealthy = false }
            return false
        }
    }

    private func layOut(
        _ move: CompactionMove, into buffer: FrameBuffer, _ changes: inout [Change], isFirst: Bool,
        isLast: Bool
    ) {
        let start = buffer.count
        let entry = log.position
        log.startFrame(type: RecordType.movedEntry.rawValue, isFirstOfGroup: isFirst)
        buffer.put(move.entryPayload)
        log.endFrame(isLastOfGroup: isLast && move.updates.isEmpty)
        changes.append(.insert(move.id, entry, bytes: buffer.count - start, body: nil))
        var previous: SegmentLog.Position?
        for (index, update) in move.updates.enumerated() {
            let position = log.position
            let start = buffer.count
            log.startFrame(type: RecordType.movedUpdate.rawValue, isFirstOfGroup: false)
            buffer.put(move.id)
            buffer.put(previous)
            buffer.put(update)
            log.endFrame(isLastOfGroup: isLast && index == move.updates.count - 1)
            previous = position
            changes.append(.update(move.id, position, bytes: buffer.count - start))
        }
    }
}
