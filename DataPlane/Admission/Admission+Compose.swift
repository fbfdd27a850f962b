import MailFormat
import NodeProtocol
import Templates

extension Admission {
    /// Makes the message of a dialect whose caller gives its parts.
    ///
    /// - Parameter due: when it may first leave, in milliseconds since 1970: its Date.
    func compose(
        _ composed: Submission.Composed, of submission: Submission, id: MessageID, principal: Principal,
        snapshot: Snapshot, due: Int64, seed: UInt64
    ) throws(Refusal) -> Draft {
        try checkNames(composed.headers)
        try checkNames(composed.attachments)
        let from = try mailbox(composed.from, field: "from")
        let domain = try verified(from.address, principal, snapshot, field: "from")
        let links = snapshot.trackingLinks(of: principal.tenant, domain: domain.name, message: id)
        let parts = try parts(
            of: composed, tenant: principal.tenant, masterTemplate: snapshot.global.masterTemplate,
            knowsUnsubscribe: links != nil)
        // Before any of it is encoded, because a message only grows by that.
        guard composed.contentBytes(with: parts) <= principal.tenant.limits.maxMessageBytes else {
            throw tooLarge(principal.tenant.limits)
        }
        try checkOtherSenders(composed.headers, principal, snapshot)
        var message = OutgoingMessage()
        message.from = [from]
        message.to = try mailboxes(composed.to, field: "to")
        guard composed.to.isEmpty || !message.to.isEmpty else {
            throw Refusal(.missing, "`to` has no address", field: "to")
        }
        message.cc = try mailboxes(composed.cc, field: "cc")
        message.replyTo = try mailboxes(composed.replyTo, field: "reply_to")
        message.subject = parts.subject
        message.text = parts.text
        message.html = parts.html
        message.attachments = composed.attachments
        message.dateSecondsSince1970 = Int(due / 1000)
        message.boundarySeed = seed
        let idText = id.description
        message.messageID = Self.messageID(idText, domain)
        let named = try stream(in: composed.headers)
        message.links = LinkWishes(
            parts, isFilledIn: composed.isFilledIn, of: submission, stream: named ?? submission.stream, links)
        try setHeaders(composed.headers, of: &message)
        let bcc = try mailboxes(composed.bcc, field: "bcc")
        try checkHeaders(&message.headers)
        let built = try build(message, after: Self.traceField(idText))
        let draft = Draft(
            senderDomain: domain, envelopeSender: from.address.description, from: from.description,
            recipients: message.recipients(besides: bcc), message: built.bytes, subject: parts.subject,
            messageIDHeader: message.messageID, hasAttachments: composed.attachments.contains { !$0.isInline }
        )
        draft.name(to: { message.to }, cc: message.cc, bcc: bcc)
        draft.isMeasured = true
        draft.stream = named
        draft.tracking = message.links.tracking
        draft.offersUnsubscribe = message.links.addsListUnsubscribe
        draft.links = LinkPlaces(built.places)
        draft.templateID = composed.template.flatMap { principal.tenant.template($0.name)?.id }
        draft.request.requiresTLS = composed.requiresTLS
        for header in composed.headers {
            switch header.name.lowercased() {
            case "x-dispatch-tag": draft.tags.append(header.value)
            case "tls-required": draft.request.ignoresTLSPolicy = header.value.lowercased() == "no"
            default: break
            }
        }
        return draft
    }

    /// The stream that a header names, the last of them.
    private func stream(
        in headers: [(name: String, value: String)]
    ) throws(Refusal) -> Submission.Stream? {
        var named: Submission.Stream?
        for header in headers where header.name.lowercased() == "x-dispatch-stream" {
            named = try stream(named: header.value, field: "headers.\(header.name)")
        }
        return named
    }

    /// Headers that have a place of their own in a message go there, whatever dialect they came by.
    private func setHeaders(
        _ headers: [(name: String, value: String)], of message: inout OutgoingMessage
    ) throws(Refusal) {
        for header in headers {
            let field = "headers.\(header.name)"
            switch header.name.lowercased() {
            case "message-id" where MessageIdentifier.isValid(header.value): message.messageID = header.value
            case "reply-to": message.replyTo += try mailboxes([header.value], field: field)
            case "sender":
                guard message.sender == nil else {
                    throw Refusal(.invalid, "Sender is given twice", field: field)
                }
                message.sender = try mailbox(header.value, field: field)
            default: message.headers.append(header)
            }
        }
    }

    /// A name is looked at before it is repeated in a refusal: it may be as long as the request.
    private func checkNames(_ headers: [(name: String, value: String)]) throws(Refusal) {
        for header in headers where !HeaderField.isValidName(header.name) {
            throw Refusal(
                .invalid, "a header's name is 1 to 76 printable ASCII characters without colon and space",
                field: "headers.?")
        }
    }

    /// A file inside the HTML is named there by its content id, which is its own name unless one is given.
    private func checkNames(_ attachments: [Submission.Composed.Attachment]) throws(Refusal) {
        for (number, file) in attachments.enumerated()
        where file.isInline && file.contentID == nil && !file.filename.isEmpty
            && !ContentIdentifier.isValid(file.filename)
        {
            throw Refusal(
                .invalid, "\(ContentIdentifier.rule): give content_id, or the file another name",
                field: "attachments[\(number)].filename")
        }
    }

    /// Only what may be set is left, without the instructions.
    private func checkHeaders(_ headers: inout [(name: String, value: String)]) throws(Refusal) {
        guard !headers.isEmpty else { return }
        if headers.contains(where: { HeaderPolicy.isIdempotencyKey($0.name) }) {
            throw .keyInHeader(field: "headers.\(HeaderPolicy.idempotencyKey)")
        }
        if let name = HeaderPolicy.offendingName(in: headers) {
            throw Refusal(.headerNotAllowed, "the header \(name) may not be set", field: "headers.\(name)")
        }
        headers.removeAll { HeaderPolicy.isInstruction($0.name) }
    }

    private func build(
        _ message: OutgoingMessage, after start: [UInt8]
    ) throws(Refusal) -> MIMEBuilder.Built {
        do { return try MIMEBuilder.built(message, after: start) } catch {
            throw Refusal(.invalid, error.description, field: error.field)
        }
    }

    /// A caller may set Sender and the Resent- fields as headers: they are senders too.
    private func checkOtherSenders(
        _ headers: [(name: String, value: String)], _ principal: Principal, _ snapshot: Snapshot
    ) throws(Refusal) {
        for header in headers
        where ["sender", "resent-from", "resent-sender"].contains(header.name.lowercased()) {
            let field = "headers.\(header.name)"
            for sender in try mailboxes([header.value], field: field) {
                _ = try verified(sender.address, principal, snapshot, field: field)
            }
        }
    }

    private func mailbox(_ text: String, field: String) throws(Refusal) -> Mailbox {
        do { return try Mailbox(text) } catch { throw Refusal(.invalid, error.description, field: field) }
    }

    private func mailboxes(_ texts: [String], field: String) throws(Refusal) -> [Mailbox] {
        var mailboxes: [Mailbox] = []
        for (index, text) in texts.enumerated() {
            do { mailboxes += try AddressList.mailboxes(in: text) } catch {
                throw Refusal(
                    .invalid, error.description, field: texts.count == 1 ? field : "\(field)[\(index)]")
            }
        }
        return mailboxes
    }
}

extension Refusal {
    /// A door over HTTP knows another way.
    static func keyInHeader(field: String) -> Refusal {
        Refusal(
            .headerNotAllowed, "the header Idempotency-Key of the request does this over HTTP", field: field)
    }
}

extension OutgoingMessage {
    /// Everybody who gets it.
    fileprivate func recipients(besides hidden: [Mailbox]) -> [MailAddress] {
        var recipients: [MailAddress] = []
        recipients.reserveCapacity(to.count + cc.count + hidden.count)
        for mailbox in to { recipients.append(mailbox.address) }
        for mailbox in cc { recipients.append(mailbox.address) }
        for mailbox in hidden { recipients.append(mailbox.address) }
        return recipients
    }
}

extension Submission.Composed {
    /// What counts against the limit of a message.
    fileprivate func contentBytes(with parts: MessageTemplate.Filled) -> Int {
        let header = headers.reduce(parts.subject.utf8.count) {
            $0 + $1.name.utf8.count + $1.value.utf8.count
        }
        let bodies = (parts.text?.utf8.count ?? 0) + (parts.html?.utf8.count ?? 0)
        return attachments.reduce(header + bodies) { $0 + $1.bytes.count }
    }
}
