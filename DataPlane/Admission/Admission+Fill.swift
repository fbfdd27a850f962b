import MailFormat
import NodeProtocol

extension Admission {
    /// A finished message whose subject and texts a template has replaced.
    struct Filled {
        let headers: MessageHeaders
        let hasAttachments: Bool
        /// In the message of `headers`, all of them in its body.
        let places: [LinkPlace]
        let tracking: Submission.Tracking
    }

    /// Puts what a template makes in the place of a message's subject and texts. The other fields stay as
    /// they are, and so do the files; how its parts were nested does not.
    ///
    /// - Throws: what templates are refused for; `.invalid` for files that cannot be attached again.
    func filled(
        _ headers: MessageHeaders, by instructions: Instructions, tenant: TenantRecord,
        links: TrackingLinks?, seed: UInt64
    ) throws(Refusal) -> Filled {
        var composed = Submission.Composed(from: "", to: [], subject: "", text: nil, html: nil)
        composed.template = instructions.template
        composed.variables = instructions.variables
        composed.variablesField = "X-Dispatch-Variables"
        let made = try parts(
            of: composed, tenant: tenant, masterTemplate: nil, knowsUnsubscribe: links != nil)
        var submission = Submission(door: "smtp", content: .composed(composed))
        submission.tracking = instructions.tracking ?? .off
        var content = OutgoingMessage()
        content.subject = made.subject
        content.text = made.text
        content.html = made.html
        content.attachments = try files(of: headers.message)
        content.boundarySeed = seed
        content.links = LinkWishes(
            made, isFilledIn: composed.isFilledIn, of: submission, stream: .transactional, links)
        do {
            var message: [UInt8] = []
            for field in headers.fields where !field.describesContent {
                message += headers.message[field.range]
                // The last line of a header may be without an end.
                if message.last != 0x0A { message += [0x0D, 0x0A] }
            }
            let built = try MIMEBuilder.subjectAndContent(of: content)
            let places = built.places.map { LinkPlace($0, behind: message.count) }
            message += built.bytes
            return Filled(
                headers: try MessageHeaders(message),
                hasAttachments: content.attachments.contains { !$0.isInline }, places: places,
                tracking: content.links.tracking)
        } catch let error as MIMEBuildError {
            throw Refusal(.invalid, error.description, field: error.field)
        } catch {
            throw Refusal(.invalid, "the message cannot be made of the template: \(error)")
        }
    }

    private func files(of message: [UInt8]) throws(Refusal) -> [OutgoingMessage.Attachment] {
        let parsed = MIMEParser.parse(message)
        guard !parsed.isTruncated else {
            throw Refusal(.invalid, "the message has more parts, or deeper ones, than are read")
        }
        return parsed.attachments.filter { !parsed.parts[$0.part].isText }.map { file in
            let type = parsed.parts[file.part].contentType
            let parameters = type.parameters.filter { $0.name != "name" }.map { ($0.name, $0.value) }
            return OutgoingMessage.Attachment(
                filename: file.filename ?? "",
                contentType: ParameterizedValue(type.value, parameters).headerValue,
                bytes: parsed.body(of: file.part), isInline: file.isInline, contentID: file.contentID)
        }
    }
}

extension HeaderField {
    /// Whether the field is about what a template replaces.
    fileprivate var describesContent: Bool {
        isNamed("Subject") || isNamed("MIME-Version") || name.lowercased().hasPrefix("content-")
    }
}

extension MIMEPart {
    /// Whether it is one of the texts of a message, the first or a later one.
    fileprivate var isText: Bool {
        ["text/plain", "text/html"].contains(contentType.value) && filename == nil && contentID == nil
            && disposition?.value != "attachment"
    }
}
