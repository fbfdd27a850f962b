import MailFormat
import NodeProtocol

extension Admission {
    /// Takes a message of the log once more. Its senders are checked as those of any other message; the
    /// envelope's sender is its author.
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
        let (domain, from) = try checkSenders(headers, nil, principal, snapshot)
        let messageID = "<\(id)@\(domain.name)>"
        var draft = Draft(
            senderDomain: domain, envelopeSender: author?.address.description ?? "", from: from,
            recipients: try recipients(again.to + again.cc + again.bcc),
            message: try renewed(headers, of: again.original, id: id, messageID: messageID, due: due),
            subject: headers.text("Subject") ?? "", messageIDHeader: messageID,
            hasAttachments: headers.hasAttachments)
        draft.to = again.to
        draft.cc = again.cc
        draft.bcc = again.bcc
        if submission.offersUnsubscribe, again.isComposed, headers.first("List-Unsubscribe") == nil,
            snapshot.trackingLinks(of: principal.tenant, domain: domain.name, message: id) != nil
        {
            let start = Self.trace(id).count
            draft.links = LinkPlaces([LinkPlace(.listUnsubscribe, start..<start)])
            draft.offersUnsubscribe = true
        }
        draft.request.ignoresTLSPolicy = headers.asksForNoTLSPolicy
        return draft
    }

    /// The message with a new date and new ids, and without the trace of its first way through here.
    private func renewed(
        _ headers: MessageHeaders, of original: MessageID, id: MessageID, messageID: String, due: Int64
    ) throws(Refusal) -> [UInt8] {
        var editor = HeaderEditor(headers)
        editor.remove { field in
            field.isNamed("X-Dispatch-ID")
                || (field.isNamed("Received")
                    && headers.value(of: field).contains("id \(original.hexadecimal)"))
        }
        do {
            try editor.replace("Date", with: MailDate.format(secondsSince1970: Int(due / 1000)))
            try editor.replace("Message-ID", with: messageID)
        } catch { throw Refusal(.invalid, error.description) }
        editor.prepend(fields: Self.trace(id))
        return editor.message()
    }

    private static func trace(_ id: MessageID) -> [UInt8] { Array("X-Dispatch-ID: \(id)\r\n".utf8) }
}
