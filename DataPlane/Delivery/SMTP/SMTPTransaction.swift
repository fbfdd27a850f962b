import SMTPWire

/// One message for some recipients of one host.
package struct SMTPTransaction {
    package struct Recipient: Sendable {
        package let path: SMTPPath
        package let parameters: RecipientParameters

        package init(_ path: SMTPPath, parameters: RecipientParameters = RecipientParameters()) {
            self.path = path
            self.parameters = parameters
        }
    }

    /// Nil: the null path of a report.
    package let sender: SMTPPath?
    package let recipients: [Recipient]
    package let content: SMTPContent
    package let envelope: EnvelopeOptions
    /// Called once recipients are accepted and before the first byte of the message leaves: what happens from
    /// here on may have been delivered. An error stops the transaction.
    package let beforeContent: (@Sendable () async throws -> Void)?

    package init(
        sender: SMTPPath?, recipients: [Recipient], content: SMTPContent,
        envelope: EnvelopeOptions = EnvelopeOptions(),
        beforeContent: (@Sendable () async throws -> Void)? = nil
    ) {
        self.sender = sender
        self.recipients = recipients
        self.content = content
        self.envelope = envelope
        self.beforeContent = beforeContent
    }

    var needsSMTPUTF8: Bool {
        content.needsSMTPUTF8 || sender?.isASCII == false || recipients.contains { !$0.path.isASCII }
    }
}

/// A message in the form in which it goes to a host.
package struct SMTPContent: Sendable {
    package enum Form: Sendable {
        /// Behind DATA: dots stuffed, final dot included.
        case stuffed([UInt8])
        /// Behind BDAT (RFC 3030), as it is: what signing made, and the message.
        case chunk(header: [UInt8], [UInt8])
    }

    package let form: Form
    /// Of the message itself, for SIZE.
    package let messageBytes: Int
    /// Whether it is labelled `BODY=8BITMIME`.
    package let isEightBit: Bool
    /// Whether its header asks for SMTPUTF8.
    package let needsSMTPUTF8: Bool
}

/// What the sender asked for beside the addresses.
package struct EnvelopeOptions: Hashable, Sendable {
    /// RFC 3461 §4.4.
    package var envelopeID: String?
    package var returnedContent: ReturnedContent?
    /// RFC 8689: this message and what follows from it travel under verified TLS only.
    package var requiresTLS = false
    /// RFC 8689 §4, `TLS-Required: No`: what the domain publishes about TLS (MTA-STS, DANE) is not to stop
    /// this message. Without effect where `requiresTLS` is set.
    package var ignoresTLSPolicy = false

    package init() {}
}

/// What became of one recipient of a transaction.
package enum TransactionResult: Hashable, Sendable {
    /// The host's reply to the end of the message, 2xx.
    case accepted(SMTPReply)
    case refused(SMTPReply, SMTPStage)
    case failed(SMTPFailure)
    /// The host takes no more recipients in one transaction; in another one it may take this one.
    case oneTooMany(SMTPReply)
}
