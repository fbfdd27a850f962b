import NodeProtocol

/// The events of a message that was just accepted, made from its entry alone, so that a crash between spool
/// and journal loses none.
enum AcceptedEvents {
    static func make(id: MessageID, mail: MailEntry, node: UInt16) -> [Event] {
        var accepted = Event(.accepted, message: id, tenant: mail.tenant, at: mail.acceptedAt, node: node)
        accepted.content = mail.content
        let suppressed = mail.suppressed.map { address in
            Event(
                .suppressed, message: id, tenant: mail.tenant, at: mail.acceptedAt, node: node,
                recipient: address)
        }
        return [accepted] + suppressed
    }

    /// As the journal gets them.
    ///
    /// - Parameters:
    ///   - bodyBytes: how long what the log keeps of the message is, sealed; about.
    ///   - putBody: puts that behind the record of its acceptance.
    static func journaled(
        _ events: [Event], bodyBytes: Int = 0, _ putBody: (inout [UInt8]) -> Void = { _ in }
    ) -> [[UInt8]] {
        events.map { event in
            guard event.kind == .accepted else { return EventRecord.encode(event) }
            var record = EventRecord.encode(event, bodyBytes: bodyBytes)
            putBody(&record)
            return record
        }
    }
}
