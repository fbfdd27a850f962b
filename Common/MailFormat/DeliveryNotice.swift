/// A report to the sender of a message about what became of it: multipart/report (RFC 6522) with a text for
/// people, a `message/delivery-status` for programs (RFC 3464, RFC 6533) and the message or its header.
///
/// Pure: all texts, times and the seed of the boundary are given. The result is ASCII but for a message that
/// is returned whole; values of remote hosts are made printable and cut, so that none can begin a field. It
/// is to be sent from the null path, and never about a message that came from it (RFC 3461 §6.1).
package struct DeliveryNotice: Sendable {
    /// RFC 3464 §2.3.3.
    package enum Action: String, Sendable, CaseIterable { case failed, delayed, delivered, relayed, expanded }

    package struct Recipient: Sendable {
        /// The address as people write it.
        package var address: String
        /// `type;address`, all ASCII.
        package var finalRecipient: String
        package var originalRecipient: String?
        package var action: Action
        /// Such as `5.1.1`.
        package var status: String
        package var remoteHost: String?
        /// The reply of the remote host, or our own words about why there is none.
        package var reply: String
        /// Whether `reply` is the remote host's: only those words are a Diagnostic-Code.
        package var isRemoteReply: Bool
        package var lastAttemptSecondsSince1970: Int?
        /// With `delayed`.
        package var retriesUntilSecondsSince1970: Int?

        package init(
            address: String, finalRecipient: String, action: Action, status: String, reply: String,
            isRemoteReply: Bool
        ) {
            self.address = address
            self.finalRecipient = finalRecipient
            self.action = action
            self.status = status
            self.reply = reply
            self.isRemoteReply = isRemoteReply
        }
    }

    /// What is given back of the message.
    package enum Returned: Sendable {
        case message([UInt8])
        /// Its header fields, without the empty line.
        case header([UInt8])
    }

    package var from: Mailbox
    package var to: MailAddress
    /// With angle brackets.
    package var messageID: String
    /// The Message-ID of the message that the notice is about, with angle brackets.
    package var about: String?
    package var dateSecondsSince1970: Int
    /// The host that reports.
    package var reportingHost: String
    /// The service that passes on what `reportingHost` reported to it; nil when that is its own report.
    package var passingHost: String?
    package var envelopeID: String?
    /// When the message came to the host that reports; nil where it does not say.
    package var arrivalSecondsSince1970: Int?
    /// At least one; all have the same action.
    package var recipients: [Recipient]
    package var returned: Returned?
    /// Should be random: the boundary is made from it.
    package var boundarySeed: UInt64

    package init(
        from: Mailbox, to: MailAddress, messageID: String, dateSecondsSince1970: Int, reportingHost: String,
        arrivalSecondsSince1970: Int?, recipients: [Recipient], boundarySeed: UInt64
    ) {
        self.from = from
        self.to = to
        self.messageID = messageID
        self.dateSecondsSince1970 = dateSecondsSince1970
        self.reportingHost = reportingHost
        self.arrivalSecondsSince1970 = arrivalSecondsSince1970
        self.recipients = recipients
        self.boundarySeed = boundarySeed
    }

    package var subject: String {
        switch action {
        case .failed: "Undeliverable: your message could not be delivered"
        case .delayed: "Delayed: your message has not been delivered yet"
        case .delivered: "Delivered: your message has arrived"
        case .relayed: "Relayed: your message was handed over"
        case .expanded: "Expanded: your message was sent on to several"
        }
    }

    private var action: Action { recipients.first?.action ?? .failed }

    /// The bytes of the notice.
    ///
    /// - Throws: `HeaderError` when an address or an identifier does not fit into a header.
    package func build() throws(HeaderError) -> [UInt8] {
        var output = try HeaderField.encode(
            name: "Date", structured: MailDate.format(secondsSince1970: dateSecondsSince1970))
        output += try HeaderField.encode(name: "From", structured: AddressList([from]).headerValue)
        output += try HeaderField.encode(
            name: "To", structured: AddressList([Mailbox(name: nil, address: to)]).headerValue)
        output += try HeaderField.encode(name: "Subject", value: subject)
        output += try HeaderField.encode(name: "Message-ID", structured: messageID)
        if let about, MessageIdentifier.isValid(about) {
            output += try HeaderField.encode(name: "In-Reply-To", structured: about)
            output += try HeaderField.encode(name: "References", structured: about)
        }
        // RFC 3834 §5: no robot is to answer it.
        output += try HeaderField.encode(name: "Auto-Submitted", structured: "auto-replied")
        output += try HeaderField.encode(name: "MIME-Version", structured: "1.0")
        let root = MIMENode.multipart(
            subtype: "report", parameters: [("report-type", "delivery-status")],
            children: [text.textNode("plain"), try status()] + (returned.map { [Self.part($0)] } ?? []))
        try root.write(to: &output, token: MIMEBuilder.boundaryToken(seed: boundarySeed, notIn: root))
        return output
    }

    // MARK: For programs

    private func status() throws(HeaderError) -> MIMENode {
        var body = try Self.field("Reporting-MTA", "dns; \(reportingHost)")
        if let envelopeID { body += try Self.field("Original-Envelope-Id", envelopeID) }
        if let seconds = arrivalSecondsSince1970 {
            body += try Self.field("Arrival-Date", MailDate.format(secondsSince1970: seconds))
        }
        for recipient in recipients {
            body += [.carriageReturn, .lineFeed]
            body += try Self.group(of: recipient)
        }
        let type = "Content-Type: message/delivery-status\r\n"
        return .leaf(fields: Array(type.utf8), encoding: .sevenBit, body: body)
    }

    /// RFC 3464 §2.3, in its order.
    private static func group(of recipient: Recipient) throws(HeaderError) -> [UInt8] {
        var group: [UInt8] = []
        if let original = recipient.originalRecipient { group += try field("Original-Recipient", original) }
        group += try field("Final-Recipient", recipient.finalRecipient)
        group += try field("Action", recipient.action.rawValue)
        group += try field("Status", recipient.status)
        if let host = recipient.remoteHost { group += try field("Remote-MTA", "dns; \(host)") }
        if recipient.isRemoteReply { group += try field("Diagnostic-Code", "smtp; \(recipient.reply)") }
        if let seconds = recipient.lastAttemptSecondsSince1970 {
            group += try field("Last-Attempt-Date", MailDate.format(secondsSince1970: seconds))
        }
        if let seconds = recipient.retriesUntilSecondsSince1970, recipient.action == .delayed {
            group += try field("Will-Retry-Until", MailDate.format(secondsSince1970: seconds))
        }
        return group
    }

    /// A field whose value came from elsewhere: printable ASCII, at most 800 bytes, no word too long to fold.
    private static func field(_ name: String, _ value: String) throws(HeaderError) -> [UInt8] {
        try HeaderField.encode(name: name, structured: printable(value))
    }

    private static func printable(_ value: String) -> String {
        let bytes = value.utf8.prefix(800).map { $0 >= .space && $0 < 0x7F ? $0 : .question }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: For people

    private var text: String {
        var lines = ["This is the mail service at \(passingHost ?? reportingHost).", ""]
        if passingHost != nil { lines += ["The host \(Self.printable(reportingHost)) reports:", ""] }
        switch action {
        case .failed:
            lines += [
                "Your message could not be delivered to the recipients below, and will not be tried again.",
                "Each is followed by the reason.",
            ]
        case .delayed:
            lines += [
                "Your message has not been delivered to the recipients below yet. It is still being tried:",
                "there is no need to send it again.",
            ]
        case .delivered: lines += ["Your message has been delivered to the recipients below."]
        case .expanded:
            lines += [
                "Your message was delivered to the recipients below, and sent on from there to several",
                "others.",
            ]
        case .relayed:
            lines += [
                "Your message was handed over to the mail hosts of the recipients below. Whether it reached",
                "a mailbox, or was read, is not known here.",
            ]
        }
        for recipient in recipients {
            let host = recipient.remoteHost.map { "\($0) said: " } ?? ""
            lines += ["", "<\(recipient.address)>"]
            if !recipient.reply.isEmpty {
                lines.append("    \(recipient.isRemoteReply ? host : "")\(recipient.reply)")
            }
            if recipient.action == .delayed, let seconds = recipient.retriesUntilSecondsSince1970 {
                lines.append("    It will be tried until \(MailDate.format(secondsSince1970: seconds)).")
            }
        }
        return (lines + [""]).joined(separator: "\r\n")
    }

    // MARK: What is returned

    private static func part(_ returned: Returned) -> MIMENode {
        switch returned {
        case .message(let message):
            // RFC 2046 §5.2.1: a message inside a message is not encoded, only named for what it is.
            let encoding: TransferEncoding = EightBit.contains(message[...]) ? .eightBit : .sevenBit
            var fields = "Content-Type: message/rfc822\r\n"
            if encoding == .eightBit { fields += "Content-Transfer-Encoding: 8bit\r\n" }
            return .leaf(fields: Array(fields.utf8), encoding: encoding, body: message)
        case .header(let header):
            // RFC 6522 §4: quoted-printable where the header is not ASCII.
            let isUTF8 = String(validating: header, as: UTF8.self) != nil
            let encoding: TransferEncoding = EightBit.contains(header[...]) ? .quotedPrintable : .sevenBit
            var fields = "Content-Type: text/rfc822-headers"
            if encoding == .quotedPrintable {
                fields += isUTF8 ? "; charset=utf-8\r\n" : "\r\n"
                fields += "Content-Transfer-Encoding: quoted-printable"
            }
            fields += "\r\n"
            return .leaf(fields: Array(fields.utf8), encoding: encoding, body: header)
        }
    }

    /// The header of a message with the CRLF of its last field, for `Returned.header`; at most 64 KiB, whole
    /// fields.
    package static func header(of message: [UInt8]) -> [UInt8] {
        let scanner = HeaderScanner(message[...])
        let fields = scanner.fields.prefix { $0.range.upperBound <= 65_536 }
        guard let end = fields.last?.range.upperBound else { return [] }
        return Array(message[..<end])
    }
}
