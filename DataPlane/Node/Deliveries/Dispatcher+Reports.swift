import NodeProtocol
import Queue

/// What bounce messages about mail of this node have to do with what still waits.
extension Dispatcher {
    /// A tenant's message that waits, or came in not long ago; nil for one that is not remembered.
    func mail(_ id: MessageID, of tenant: TenantID) async -> MailEntry? {
        guard case .mail(let mail) = await message(id, of: tenant)?.entry else { return nil }
        return mail
    }

    /// The same with what became of its recipients.
    func message(_ id: MessageID, of tenant: TenantID) async -> OpenMessage? {
        guard let message = await message(id), message.entry.tenant == tenant else { return nil }
        return message
    }

    /// Takes bounces that came back for recipients who still wait here, after an attempt whose answer was
    /// lost: another attempt would be in vain. Who is being sent to just now has his outcome in a moment.
    ///
    /// - Returns: the messages of which nothing waits any more, to be closed in the group of the events.
    func giveUp(_ events: [Event]) async -> [MessageID] {
        var done: [MessageID] = []
        for event in events where event.kind == .bounced {
            // An entry is open too when the group that was to close it did not reach the disk.
            guard spool.contains(event.message), var message = await message(event.message),
                let index = message.index(of: event), message.recipients[index].state != .sending
            else { continue }
            if message.waits(index) {
                message.apply(event, to: index)
                cache.update(message.id) { $0.apply(event, to: index) }
            }
            guard message.isFinished else { continue }
            _ = queue.cancel(message.id, now: timestamp())
            if isOver(message.id) { done.append(message.id) }
        }
        return done
    }

    private func message(_ id: MessageID) async -> OpenMessage? {
        if let message = cache[id] { return message }
        guard spool.contains(id) else { return nil }
        return try? await loader.load(id).message
    }
}
