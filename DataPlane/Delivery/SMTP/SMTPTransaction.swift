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
    /// Dots stuffed, final dot included.
    package let encodedContent: [UInt8]
    /// Bytes of the message itself, for SIZE.
    package let messageBytes: Int
    package let hasEightBitBody: Bool
    package let hasEightBitHeader: Bool
    package let envelope: EnvelopeOptions
    /// Called before the first byte of the message leaves, and after the host has said 354: what happens from
    /// here on may have been delivered. An error stops the transaction.
    package let beforeContent: (@Sendable () async throws -> Void)?

    package init(
        sender: SMTPPath?, recipients: [Recipient], encodedContent: [UInt8], messageBytes: Int,
        hasEightBitBody: Bool, hasEightBitHeader: Bool, envelope: EnvelopeOptions = EnvelopeOptions(),
        beforeContent: (@Sendable () async throws -> Void)? = nil
    ) {
        self.sender = sender
        self.recipients = recipients
        self.encodedContent = encodedContent
        self.messageBytes = messageBytes
        self.hasEightBitBody = hasEightBitBody
        self.hasEightBitHeader = hasEightBitHeader
        self.envelope = envelope
        self.beforeContent = beforeContent
    }

    var needsSMTPUTF8: Bool {
        sender?.isASCII == false || recipients.contains { !$0.path.isASCII }
    }
}

/// What the sender asked for beside the addresses.
package struct EnvelopeOptions: Hashable, Sendable {
    /// RFC 3461 §4.4.
    package var envelopeID: String?
    package var returnedContent: ReturnedContent?
    /// RFC 8689: this message and what follows from it travel under TLS only.
    package var requireTLS = false

    package init() {}
}

/// What became of one recipient of a transaction.
package enum TransactionResult: Hashable, Sendable {
    /// The host's reply to the final dot, 2xx.
    case accepted(SMTPReply)
    case refused(SMTPReply, SMTPStage)
    case failed(SMTPFailure)
    /// The host takes no more recipients in one transaction; in another one it may take this one.
    case oneTooMany(SMTPReply)
}
