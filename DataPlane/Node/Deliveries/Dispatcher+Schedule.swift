import Admission
import Doors
import HTTP
import NodeProtocol
import Queue

/// What senders do to messages that wait for their time. On disk before the answer.
extension Dispatcher {
    /// Withdraws a message of this tenant that waits for its time.
    ///
    /// - Returns: how it stands then; nil when it is not here.
    /// - Throws: `.notScheduled`.
    func cancelScheduled(
        _ id: MessageID, tenant: TenantID
    ) async throws(Refusal) -> MessageStatus? {
        guard var message = try await scheduled(id, tenant) else { return nil }
        let withdrawn = queue.cancel(id, now: timestamp()).withdrawn
        for item in withdrawn { leaving[item.id, default: 0] += 1 }
        let written = withdrawn.compactMap { withdraw($0, message, original: nil) }
        for milestone in written { await milestone.reached() }
        for index in message.recipients.indices where message.waits(index) {
            message.recipients[index].state = .cancelled
            message.recipients[index].nextAttemptAt = nil
        }
        return message.status
    }

    /// Gives a message of this tenant that waits for its time another one.
    ///
    /// - Parameter time: milliseconds since 1970; one that has passed is at once.
    /// - Returns: how it stands then; nil when it is not here.
    /// - Throws: `.notScheduled`, `.invalid`.
    func reschedule(
        _ id: MessageID, tenant: TenantID, to time: Int64
    ) async throws(Refusal) -> MessageStatus? {
        let now = clock.now()
        let due = try Admission.time(time, now: now) ?? now
        guard var message = try await scheduled(id, tenant) else { return nil }
        guard case .mail(let mail) = message.entry else { return nil }
        var events: [Event] = []
        for index in message.recipients.indices where message.waits(index) {
            var event = Event(
                .rescheduled, message: id, tenant: tenant, at: now, node: recorder.node,
                recipient: mail.log.recipients[index])
            event.nextAttemptAt = due
            events.append(event)
            message.apply(event, to: index)
        }
        // An attempt that begins before the events are on disk finds the new time here.
        cache.insert(message)
        queue.reschedule(
            id, due: Timestamp(milliseconds: due), deadline: Timestamp(milliseconds: message.deadline),
            now: timestamp())
        let written = commit(message, events, [], closes: false)
        pump()
        await written.reached()
        return message.status
    }

    /// What the control plane passes on of a sender's wish.
    func schedule(_ command: ScheduleCommand) async throws -> ScheduleResult {
        let status: MessageStatus?
        do throws(Refusal) {
            if let time = command.moveTo {
                status = try await reschedule(command.message, tenant: command.tenant, to: time)
            } else {
                status = try await cancelScheduled(command.message, tenant: command.tenant)
            }
        } catch { throw error.apiError }
        guard let status else { throw APIError.notFound }
        return ScheduleResult(scheduledAt: status.recipients.compactMap(\.nextAttemptAt).min())
    }

    /// A message of this tenant that waits for its time; nil when it is not here.
    private func scheduled(_ id: MessageID, _ tenant: TenantID) async throws(Refusal) -> OpenMessage? {
        var message = cache[id]
        if message == nil, queue.contains(id) { message = try? await loader.load(id).message }
        guard let message, case .mail = message.entry, message.entry.tenant == tenant else { return nil }
        guard queue.waitsForFirstTime(id, now: timestamp()) else {
            throw Refusal(.notScheduled, "the message does not wait for its time any more")
        }
        return message
    }
}
