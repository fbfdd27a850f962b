import NodeProtocol
import Spool

/// A message that nobody can read any more, because its bytes on disk are damaged. It ends here: every
/// recipient that was not finished failed, by a fault that is none of theirs.
///
/// Who they were is not known here; the control plane knows it from the message's `accepted`. So the event is
/// one of the whole message, without a recipient.
enum LostMessage {
    static let response = Event.Response(
        code: 554, enhancedCode: "5.3.0", text: "damaged on the node's disk")

    /// Closes the entry, if it is open, and tells of it. The event is in an update, so that after a crash it
    /// is derived again like any other.
    ///
    /// - Parameter tenant: nil when that is not known either.
    static func group(_ id: MessageID, tenant: TenantID?, node: UInt16, at now: Int64) -> SpoolGroup {
        var event = Event(.failed, message: id, tenant: tenant ?? .unknown, at: now, node: node)
        event.response = response
        let encoded = EventRecord.encode(event)
        return SpoolGroup(
            records: [.update(id, payload: SpoolUpdate.encoded(events: [encoded])), .closed(id)],
            events: [encoded])
    }
}
