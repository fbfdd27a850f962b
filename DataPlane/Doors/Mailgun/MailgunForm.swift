import Admission
import Crypto
import HTTP
import MailFormat
import Relay
import Templates

/// The form of `POST /v3/{domain}/messages`: `MailForm`, templates, and one message for each recipient.
struct MailgunForm {
    /// What clients send that changes nothing here, or nothing that a recipient would notice: signing is
    /// always on and its selector is ours, sources are chosen by the service, the HTML stands in for AMP,
    /// templates have a text of their own.
    static let ignored: Set<String> = [
        "o:dkim", "o:secondary-dkim", "o:secondary-dkim-public", "o:sending-ip", "o:sending-ip-pool",
        "o:skip-verification", "o:suppress-headers", "o:tracking-pixel-location-top", "amp-html", "t:text",
    ]
    private static let names = MailForm.names.union(MailFormOptions.names).union(ignored).union([
        "template", "t:variables", "recipient-variables",
    ])
    private static let variablesHeader = "x-mailgun-variables"

    /// The whole form as one message.
    let submission: Submission
    private let composed: Submission.Composed
    private let recipientVariables: RecipientVariables?

    init(_ fields: FormFields) throws(APIError) {
        try fields.refuseUnknown { name in
            Self.names.contains(name) || MailForm.prefixes.contains(where: name.hasPrefix)
        }
        var submission = try MailForm(fields: fields).submission(door: "mailgun")
        guard case .composed(var composed) = submission.content else { throw APIError.internalError }
        try Self.takeTemplate(fields, &composed, &submission.metadata)
        submission.content = .composed(composed)
        self.submission = submission
        self.composed = composed
        recipientVariables = try fields.only("recipient-variables").map { text throws(APIError) in
            try RecipientVariables(json: text)
        }
    }

    /// The domain of From, when it is an address.
    var sender: String? { (try? Mailbox(composed.from))?.address.domain }

    /// One message for each address of `to`; nil when the form asks for one message to all of them.
    ///
    /// - Throws: 400 for an address that is none, and for too many.
    func batch(domain: String) throws(APIError) -> MailgunBatch? {
        guard let recipientVariables else { return nil }
        var recipients: [Mailbox] = []
        var seen: Set<String> = []
        for text in composed.to {
            do throws(AddressError) {
                for mailbox in try AddressList(text).mailboxes
                where seen.insert(mailbox.address.caseFolded).inserted {
                    recipients.append(mailbox)
                }
            } catch {
                throw APIError(400, Refusal.Code.invalid.rawValue, error.description, field: "to")
            }
        }
        guard !recipients.isEmpty else {
            throw APIError(400, Refusal.Code.missing.rawValue, "`to` is required.", field: "to")
        }
        guard recipients.count <= MailgunRoutes.maxRecipients else {
            throw APIError(
                400, Refusal.Code.tooManyRecipients.rawValue,
                "At most \(MailgunRoutes.maxRecipients) recipients with `recipient-variables`.", field: "to")
        }
        return try MailgunBatch(
            submission, composed, to: recipients, by: recipientVariables, domain: domain)
    }

    /// The template and what fills it in: `t:variables`, then `h:X-Mailgun-Variables`, then `v:…`. That
    /// header is an instruction, and its plain values are metadata.
    private static func takeTemplate(
        _ fields: FormFields, _ composed: inout Submission.Composed, _ metadata: inout [String: String]
    ) throws(APIError) {
        var variables =
            try fields.only("t:variables").map { text throws(APIError) in
                try object(text, field: "t:variables")
            } ?? [:]
        for header in composed.headers where header.name.lowercased() == variablesHeader {
            let values = try object(header.value, field: "h:\(header.name)")
            variables.merge(values) { first, _ in first }
            for case (let name, let text?) in values.map({ ($0.key, $0.value.printed) })
            where metadata[name] == nil { metadata[name] = text }
        }
        composed.headers.removeAll { $0.name.lowercased() == variablesHeader }
        composed.variablesField = "t:variables"
        if let name = try fields.only("template"), !name.isEmpty {
            variables.merge(metadata.mapValues { .text($0) }) { first, _ in first }
            composed.template = .init(
                name: name, field: "template", subject: composed.subject.isEmpty ? nil : composed.subject)
            composed.variables = variables
        } else if fields.form["t:variables"] != nil {
            composed.variables = variables
        }
    }

    private static func object(_ json: String, field: String) throws(APIError) -> [String: TemplateValue] {
        if json.isEmpty { return [:] }
        do throws(APIError) {
            return try StrictDecoding.decode(
                [String: TemplateValue].self, from: Array(json.utf8), unknownFields: .ignore)
        } catch { throw FormFields.invalid(field, "must be a JSON object") }
    }
}

/// The form of `POST /v3/{domain}/messages.mime`: a finished message and its envelope.
struct MailgunMIMEForm {
    /// What is given of a message that has it already.
    private static let ignored: Set<String> = ["from", "subject", "text", "html"]
    private static let names = MailFormOptions.names.union(MailgunForm.ignored).union(ignored).union([
        "to", "cc", "bcc", "message",
    ])

    let submission: Submission
    /// The domain of From, when it is an address.
    let sender: String?

    init(_ fields: FormFields) throws(APIError) {
        try fields.refuseUnknown { Self.names.contains($0) || $0.hasPrefix("v:") }
        let files = fields.form.all("message")
        guard let file = files.first else {
            throw APIError(400, Refusal.Code.missing.rawValue, "`message` is required.", field: "message")
        }
        guard files.count == 1 else { throw FormFields.invalid("message", "is given more than once") }
        let options = try MailFormOptions(fields)
        if let name = options.trackingField {
            throw FormFields.invalid(name, "cannot be had for a finished message, which stays as it is")
        }
        var raw = Submission.Raw(
            envelopeSender: nil, recipients: try Self.recipients(fields),
            message: LineEndings.normalized(file.bytes), withProtocol: Submission.Raw.http)
        raw.request.requiresTLS = options.requiresTLS
        let author = try? raw.headers.get().senders().authors.first?.address
        raw.envelopeSender = author?.description
        sender = author?.domain
        var submission = Submission(door: "mailgun", content: .raw(raw))
        options.apply(to: &submission)
        self.submission = submission
    }

    /// The envelope: whom the message names does not matter.
    private static func recipients(_ fields: FormFields) throws(APIError) -> [String] {
        var addresses: [String] = []
        for name in ["to", "cc", "bcc"] {
            for text in try fields.texts(name) {
                do throws(AddressError) {
                    addresses += try AddressList(text).mailboxes.map(\.address.description)
                } catch {
                    throw APIError(400, Refusal.Code.invalid.rawValue, error.description, field: name)
                }
            }
        }
        guard !addresses.isEmpty else {
            throw APIError(400, Refusal.Code.missing.rawValue, "`to` is required.", field: "to")
        }
        return addresses
    }
}
