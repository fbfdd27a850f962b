import FoundationEssentials
import MailFormat
import NodeProtocol

extension Admission {
    /// What composing and adopting have in common at their end. An object, because it has many fields and is
    /// handed on once: nobody else has it.
    final class Draft {
        let senderDomain: VerifiedSenderDomain
        let envelopeSender: String
        let from: String
        let recipients: [MailAddress]
        /// Those that the message names as Cc and nowhere before, and those that it does not name. Who gets
        /// it is said by `recipients`.
        private(set) var copied: [String] = []
        private(set) var hidden: [String] = []
        /// Whether its content was held against the limit before it was encoded.
        var isMeasured = false
        var tracking = Submission.Tracking.off
        var offersUnsubscribe = false
        var links = LinkPlaces.none
        var templateID: UUID?
        var message: [UInt8]
        let subject: String
        let messageIDHeader: String
        let hasAttachments: Bool
        var tags: [String] = []
        var metadata: [String: String] = [:]
        var stream: Submission.Stream?
        var request = EnvelopeRequest()

        init(
            senderDomain: VerifiedSenderDomain, envelopeSender: String, from: String,
            recipients: [MailAddress], message: [UInt8], subject: String, messageIDHeader: String,
            hasAttachments: Bool
        ) {
            self.senderDomain = senderDomain
            self.envelopeSender = envelopeSender
            self.from = from
            self.recipients = recipients
            self.message = message
            self.subject = subject
            self.messageIDHeader = messageIDHeader
            self.hasAttachments = hasAttachments
        }

        /// Says whom the fields of the message name. Who stands in several has the place of the first: shown,
        /// copied, hidden; so `to` is asked only when there are others.
        func name(to: () -> [Mailbox], cc: [Mailbox], bcc: [Mailbox]) {
            guard !cc.isEmpty || !bcc.isEmpty else { return }
            name(
                to: to().map(\.address.description), cc: cc.map(\.address.description),
                bcc: bcc.map(\.address.description))
        }

        func name(to: [String], cc: [String], bcc: [String]) {
            guard !cc.isEmpty || !bcc.isEmpty else { return }
            copied = cc.filter { !to.contains($0) }
            hidden = bcc.filter { !to.contains($0) && !cc.contains($0) }
        }
    }
}
