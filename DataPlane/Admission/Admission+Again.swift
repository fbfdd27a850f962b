import MailFormat
import NodeProtocol
import SMTPWire

extension Admission {
    /// Takes a message of the log once more. Its senders are checked as those of any other message.
    func repeated(
        _ again: Submission.Again, of submission: Submission, id: MessageID, principal: Principal,
        snapshot: Snapshot, due: Int64
    ) throws(Refusal) -> Draft {
        let headers: MessageHeaders
        let author: Mailbox?
        do {
            headers = try MessageHeaders(again.message)
            author = try headers.senders().authors.first
        } catch { throw Refusal(.invalid, error.description) }
        let sender = again.first?.envelopeSender ?? author?.address.description ?? ""
        let (domain, from) = try checkSenders(headers, sender.isEmpty ? nil : sender, principal, snapshot)
        let idText = id.description
        let messageID = Self.messageID(idText, domain)
        let message = try renewed(headers, of: again.original, idText, messageID: messageID, due: due)
        let draft = Draft(
            senderDomain: domain, envelopeSender: sender, from: from,
            recipients: try recipients(again.to + again.cc + again.bcc), message: message,
            subject: headers.text(.subject) ?? "", messageIDHeader: messageID,
            hasAttachments: headers.hasAttachments)
        draft.name(to: again.to, cc: again.cc, bcc: again.bcc)
        draft.request = again.request(of: draft.recipients)
        draft.request.ignoresTLSPolicy = !draft.request.requiresTLS && headers.asksForNoTLSPolicy
        let places = try again.places(headers, offersUnsubscribe: submission.offersUnsubscribe)
        guard snapshot.trackingLinks(of: principal.tenant, domain: domain.name, message: id) != nil else {
            guard !places.contains(where: { $0.kind == .unsubscribe }) else {
                throw Refusal(
                    .missingVariable, "there is nothing to make the link unsubscribe_url of at the moment")
            }
            return draft
        }
        // All that was changed stands in front of the places.
        draft.links = LinkPlaces(places, behind: message.count - again.message.count)
        if again.first != nil { draft.tracking = submission.tracking }
        draft.offersUnsubscribe = submission.offersUnsubscribe && again.isComposed
        return draft
    }

    /// The message with a new date and new ids, and without the trace of its first way through here.
    private func renewed(
        _ headers: MessageHeaders, of original: MessageID, _ id: String, messageID: String, due: Int64
    ) throws(Refusal) -> [UInt8] {
        var editor = HeaderEditor(headers)
        editor.remove { field in
            field.isNamed("X-Dispatch-ID") || field.isNamed("Return-Path")
                || (field.isNamed("Received")
                    && headers.value(of: field).contains("id \(original.hexadecimal)"))
        }
        do {
            try editor.replace("Date", with: MailDate.format(secondsSince1970: Int(due / 1000)))
            try editor.replace("Message-ID", with: messageID)
        } catch { throw Refusal(.invalid, error.description) }
        editor.prepend(fields: Self.traceField(id))
        return editor.message()
    }
}

extension Submission.Again {
    /// What was asked for with the envelope the first time, of these recipients in their order.
    fileprivate func request(of recipients: [MailAddress]) -> EnvelopeRequest {
        guard let first else { return EnvelopeRequest() }
        var request = first.request
        let asked = Dictionary(zip(first.requested, first.request.recipients)) { $1 }
        request.recipients =
            asked.isEmpty ? [] : recipients.map { asked[$0.description] ?? RecipientParameters() }
        return request
    }

    /// Where the message, as it was kept, has links of its recipients' own.
    fileprivate func places(
        _ headers: MessageHeaders, offersUnsubscribe: Bool
    ) throws(Refusal) -> [LinkPlace] {
        if let first {
            guard let places = first.links.places(in: message.count) else {
                throw Refusal(.invalid, "the places of its links are not those of the message")
            }
            return places
        }
        guard offersUnsubscribe, isComposed, headers.first("List-Unsubscribe") == nil else { return [] }
        return [LinkPlace(.listUnsubscribe, headers.end..<headers.end)]
    }
}
