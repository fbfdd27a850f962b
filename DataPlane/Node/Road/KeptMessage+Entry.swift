import Admission
import MailFormat
import NodeProtocol

extension KeptMessage {
    /// What the log keeps of a message that was accepted.
    ///
    /// Of captured mail it shows the first recipient's copy, so that a test shows what would leave, with the
    /// envelope's sender on top as where any mail arrives (RFC 5321 §4.4).
    init(
        _ message: [UInt8], id: MessageID, _ mail: MailEntry, _ tenant: TenantRecord, _ snapshot: Snapshot
    ) {
        self.init(message, again: Again(mail))
        guard mail.log.isTest else { return }
        let copy = RecipientCopy.captured(message, id, mail, tenant, snapshot)
        let shown = copy.count <= EventRecord.maxLoggedBodyBytes ? copy : message
        captured = Array("Return-Path: <\(mail.log.envelopeSender)>\r\n".utf8) + shown
    }
}

extension KeptMessage.Again {
    fileprivate init(_ mail: MailEntry) {
        self.init(envelopeSender: mail.log.envelopeSender)
        links = mail.links.packed
        isBulk = mail.isBulk
        guard let asked = mail.request else { return }
        var writer = ProtobufWriter()
        asked.write(to: &writer)
        request = writer.bytes
        if !asked.recipients.isEmpty { recipients = mail.log.recipients }
    }
}
