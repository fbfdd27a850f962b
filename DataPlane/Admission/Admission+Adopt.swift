import MailFormat
import NodeProtocol

extension Admission {
    /// A message that passed more hands than this runs in a circle (RFC 5321 §6.3 asks for at least 100).
    private static let maxReceivedFields = 100

    /// Takes a finished message and its envelope: checks every sender in it, completes and cleans its header.
    ///
    /// - Parameter due: when it may first leave, in milliseconds since 1970: its Date, if it has none.
    func adopt(
        _ raw: Submission.Raw, id: MessageID, principal: Principal, snapshot: Snapshot, now: Int64,
        due: Int64, seed: UInt64
    ) throws(Refusal) -> Draft {
        var headers: MessageHeaders
        do { headers = try raw.headers.get() } catch { throw Refusal(.invalid, error.description) }
        if let name = headers.duplicates().first {
            throw Refusal(.invalid, "the header \(name) stands there more than once", field: name)
        }
        guard headers.count(.received) <= Self.maxReceivedFields else {
            throw Refusal(.mailLoop, "the message passed more than \(Self.maxReceivedFields) hosts")
        }
        let (domain, from) = try checkSenders(headers, raw.envelopeSender, principal, snapshot)
        let given = headers.value(.messageID)
        if let given, !MessageIdentifier.isValid(given) {
            throw Refusal(.invalid, "Message-ID is malformed", field: "Message-ID")
        }
        let idText = id.description
        let messageID = given ?? Self.messageID(idText, domain)
        if raw.withProtocol == Submission.Raw.http { try refuseKey(in: headers) }
        let instructions = try Instructions(headers)
        var filled: Filled?
        if instructions.template != nil {
            let made = try self.filled(
                headers, by: instructions, tenant: principal.tenant,
                links: snapshot.trackingLinks(of: principal.tenant, domain: domain.name, message: id),
                seed: seed)
            headers = made.headers
            filled = made
        }
        let draft = Draft(
            senderDomain: domain, envelopeSender: raw.envelopeSender ?? "", from: from,
            recipients: try recipients(raw.recipients), message: [], subject: headers.text(.subject) ?? "",
            messageIDHeader: messageID, hasAttachments: filled?.hasAttachments ?? headers.hasAttachments)
        draft.name(
            to: { named(.to, in: headers) }, cc: named(.cc, in: headers), bcc: named(.bcc, in: headers))
        draft.request = raw.request
        draft.request.ignoresTLSPolicy = !raw.request.requiresTLS && headers.asksForNoTLSPolicy
        draft.tags = instructions.tags
        draft.metadata = instructions.metadata
        if let name = instructions.stream {
            draft.stream = try stream(named: name, field: "X-Dispatch-Stream")
        }
        draft.templateID = instructions.template.flatMap { principal.tenant.template($0.name)?.id }
        draft.message = try complete(
            headers, id, idText, messageID: given == nil ? messageID : nil, raw, now: now, due: due)
        if let filled {
            // What was changed since is in front of the body.
            draft.links = LinkPlaces(
                filled.places, behind: draft.message.count - filled.headers.message.count)
            draft.tracking = filled.tracking
        }
        return draft
    }

    /// Over HTTP a key belongs to the request: in the message it would do nothing.
    private func refuseKey(in headers: MessageHeaders) throws(Refusal) {
        guard headers.first(HeaderPolicy.idempotencyKey) == nil else {
            throw .keyInHeader(field: HeaderPolicy.idempotencyKey)
        }
    }

    /// Whom a field names, for the log; who gets the message is the envelope's to say.
    private func named(_ field: StandardField, in headers: MessageHeaders) -> [Mailbox] {
        (try? headers.mailboxes(field)) ?? []
    }

    /// The envelope's sender, From, Sender and the Resent- fields must all be of the tenant's verified
    /// domains.
    func checkSenders(
        _ headers: MessageHeaders, _ envelopeSender: String?, _ principal: Principal, _ snapshot: Snapshot
    ) throws(Refusal) -> (VerifiedSenderDomain, String) {
        let (authors, others): ([Mailbox], [Mailbox])
        do { (authors, others) = try headers.senders() } catch {
            throw Refusal(.invalid, error.description, field: "From")
        }
        guard let author = authors.first else {
            throw Refusal(.missing, "the message has no From", field: "From")
        }
        let domain = try verified(author.address, principal, snapshot, field: "From")
        // Who is of the author's own domain was verified with him.
        for senders in [authors, others] {
            for sender in senders where sender.address.domain != author.address.domain {
                _ = try verified(sender.address, principal, snapshot, field: "From")
            }
        }
        if let envelopeSender {
            let address: MailAddress
            do { address = try MailAddress(envelopeSender) } catch {
                throw Refusal(.invalid, error.description, field: "MAIL FROM")
            }
            if address.domain != author.address.domain {
                _ = try verified(address, principal, snapshot, field: "MAIL FROM")
            }
        }
        return (domain, author.description)
    }

    func recipients(_ texts: [String]) throws(Refusal) -> [MailAddress] {
        var addresses: [MailAddress] = []
        addresses.reserveCapacity(texts.count)
        for text in texts {
            do { addresses.append(try MailAddress(text)) } catch {
                throw Refusal(.invalid, error.description, field: "RCPT TO")
            }
        }
        return addresses
    }

    /// The message as it will leave: trace and missing fields added, instructions and Bcc removed.
    private func complete(
        _ headers: MessageHeaders, _ id: MessageID, _ idText: String, messageID: String?,
        _ raw: Submission.Raw, now: Int64, due: Int64
    ) throws(Refusal) -> [UInt8] {
        var editor = HeaderEditor(headers)
        editor.remove { field in
            switch field.standard {
            case .bcc, .resentBcc, .returnPath, .dkimSignature: true
            default: Instructions.isOne(field)
            }
        }
        do {
            if headers.first(.date) == nil {
                try editor.append("Date", MailDate.format(secondsSince1970: Int(due / 1000)))
            }
            if let messageID { try editor.append("Message-ID", messageID) }
        } catch { throw Refusal(.invalid, error.description) }
        editor.prepend(fields: trace(id, idText, raw.withProtocol, now: now))
        return editor.message()
    }

    /// What stands above a message that was handed in (RFC 5321 §4.4), CRLF at the end.
    private func trace(_ id: MessageID, _ idText: String, _ protocolName: String, now: Int64) -> [UInt8] {
        var fields = Self.traceField(idText)
        fields.reserveCapacity(256)
        fields += "Received: by ".utf8
        fields += hostName.utf8
        fields += " with ".utf8
        fields += protocolName.utf8
        fields += "\r\n\tid ".utf8
        fields += id.hexadecimal.utf8
        fields += "; ".utf8
        MailDate.append(secondsSince1970: Int(now / 1000), to: &fields)
        fields += "\r\n".utf8
        return fields
    }
}

extension MessageHeaders {
    /// RFC 8689 §5: `TLS-Required: No`, once; any other value means nothing.
    var asksForNoTLSPolicy: Bool {
        count(.tlsRequired) == 1 && value(.tlsRequired)?.lowercased() == "no"
    }

    /// Whether the message is of a type that carries attachments; a look at the top type is enough for the
    /// log.
    var hasAttachments: Bool {
        value(.contentType)?.lowercased().hasPrefix("multipart/mixed") ?? false
    }
}
