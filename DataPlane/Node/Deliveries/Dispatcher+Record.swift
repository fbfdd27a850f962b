import EventLoop
import NodeProtocol
import Queue
import Spool

/// Writing down what became of messages.
extension Dispatcher {
    /// Whether every recipient of a message has left the queue and is written down, or about to be.
    func isOver(_ id: MessageID) -> Bool { !queue.contains(id) && leaving[id] == nil }

    /// Writes the events and, when nothing of the message waits any more, closes its entry in the same group.
    @discardableResult
    func commit(
        _ message: OpenMessage, _ events: [Event], _ notices: [DeliveryNotices.Made], closes: Bool
    ) -> Milestone {
        writeInOrder(
            recorder.record(events, of: message, closes: closes, notices: notices), of: message.id,
            isLast: closes)
    }

    @discardableResult
    private func writeInOrder(
        _ recorded: Recorder.Recorded, of id: MessageID, isLast: Bool
    ) -> Milestone {
        let milestone = Milestone()
        if let before = order.follow(id, milestone, isLast: isLast) {
            let bound = LoopBound(self, on: loop)
            before.whenReached { bound.loop.execute { bound.value.write(recorded, milestone) } }
        } else {
            write(recorded, milestone)
        }
        return milestone
    }

    /// Writes until the disk has it: an outcome that is not on disk would be an attempt made again after a
    /// restart.
    private func write(_ recorded: Recorder.Recorded, _ milestone: Milestone) {
        let bound = LoopBound(self, on: loop)
        spool.submit(recorded.group) { [recorder] result in
            switch result {
            case .success:
                milestone.reach()
                guard !recorded.messages.isEmpty else { return }
                bound.loop.execute { bound.value.add(recorded.messages) }
            case .failure(let error) where error.mayPass:
                bound.loop.execute { bound.value.writeAgain(recorded, milestone, error) }
            case .failure(let error):
                milestone.reach()
                recorder.reportLost(error)
            }
        }
    }

    private func writeAgain(_ recorded: Recorder.Recorded, _ milestone: Milestone, _ error: SpoolError) {
        recorder.reportUnwritten(error)
        unwritten += 1
        let bound = LoopBound(self, on: loop)
        loop.after(.seconds(1)) {
            bound.value.unwritten -= 1
            bound.value.write(recorded, milestone)
            bound.value.pump()
        }
    }

    // MARK: Out of time

    /// Tells of what left the queue unfinished: its time or its attempts are used up, or it was cancelled.
    func expire(_ now: Queue.Timestamp) {
        leave(queue.takeExpired(now: now))
    }

    /// Tells of items that have left the queue.
    func leave(_ items: [Withdrawn]) {
        for item in items { leaving[item.id, default: 0] += 1 }
        for item in items {
            if let message = cache[item.id], !message.wantsNotices {
                withdraw(item, message, original: nil)
            } else {
                readAndWithdraw(item)
            }
        }
    }

    private func readAndWithdraw(_ item: Withdrawn) {
        let bound = LoopBound(self, on: loop)
        loop.spawn { [loader] in
            while true {
                do throws(MessageLoader.Failure) {
                    let loaded = try await loader.load(item.id)
                    bound.value.withdraw(item, loaded.message, original: loaded.body)
                    return
                } catch {
                    switch error {
                    case .notNow: await bound.loop.sleep(.seconds(1))
                    case .lost: return bound.value.giveUp(item)
                    }
                }
            }
        }
    }

    /// - Returns: reached when it is on disk; nil when there is nothing to write.
    @discardableResult
    func withdraw(_ item: Withdrawn, _ message: OpenMessage, original: [UInt8]?) -> Milestone? {
        hasLeft(item.id)
        var events: [Event] = []
        var wanted: [DeliveryNotices.Wanted] = []
        for index in item.recipients where message.waits(Int(index)) {
            let event = recorder.expired(message, index: index, item: item, at: clock.now())
            if let notice = recorder.notices.wanted(
                event, of: message, index: Int(index), isRemoteReply: false)
            {
                wanted.append(notice)
            }
            cache.update(item.id) { $0.apply(event, to: Int(index)) }
            events.append(event)
        }
        let closes = isOver(item.id)
        guard closes || !events.isEmpty else { return nil }
        return commit(
            message, events, recorder.notices(wanted, of: message, original: original), closes: closes)
    }

    private func giveUp(_ item: Withdrawn) {
        hasLeft(item.id)
        giveUp(item.id, item.tenant)
    }

    /// Nobody can read the entry any more: it ends, with whoever of its recipients was not finished.
    ///
    /// One that is not open any more was given up by another of its items.
    func giveUp(_ id: MessageID, _ tenant: TenantID) {
        guard spool.contains(id) else { return }
        metrics.lostMessages.increment()
        let group = LostMessage.group(id, tenant: tenant, node: recorder.node, at: clock.now())
        writeInOrder(Recorder.Recorded(group: group, messages: []), of: id, isLast: true)
    }

    private func hasLeft(_ id: MessageID) {
        leaving[id] = leaving[id].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}

extension OpenMessage {
    /// Whether the sender may want to be told of an outcome, and given the message back.
    fileprivate var wantsNotices: Bool {
        guard case .mail(let mail) = entry else { return false }
        return mail.request != nil
    }
}

extension SpoolError {
    /// Whether the same group may be taken later.
    fileprivate var mayPass: Bool {
        switch self {
        case .diskFailed, .diskLow, .overloaded, .recovering: true
        default: false
        }
    }
}
