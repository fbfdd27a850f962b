import Crypto
import HTTPClient
import MailFormat
import Relay

/// A message as rules look at it: the body of the request, filled in, read once, with what the control plane
/// knows of its sender and its recipients.
struct AnalyzedMessage: Sendable {
    /// What is known of the sender's domain from its latest check; nil is not known, which is no fault.
    struct SenderDomain: Sendable, Equatable {
        var isVerified = false
        var isAtRisk = false
        var hasDKIM: Bool?
        var hasSPF: Bool?
        var hasDMARC: Bool?
    }

    /// Those of the tenant's plan.
    struct Limits: Sendable, Equatable {
        var maxRecipients = 50
        var maxMessageBytes = 25 * 1024 * 1024
    }

    struct Attachment: Sendable {
        let filename: String
        /// Nil when the content is not base64.
        let bytes: Int?
    }

    struct Link: Sendable {
        let target: String
        let text: String
        /// Nil when it is no address of the web.
        let url: HTTPURL?
    }

    let body: MessageBody
    var limits = Limits()
    /// Milliseconds since 1970.
    var now: Int64 = 0
    /// Nil when it is missing or no address.
    let from: Mailbox?
    let to: [MailAddress]
    let cc: [MailAddress]
    let bcc: [MailAddress]
    /// What of `to`, `cc` and `bcc` is no address, by the field's name.
    let brokenAddresses: [String]
    /// Why a template could not be filled in, which leaves subject and bodies as they were.
    var templateProblem: String?
    let subject: String
    let html: String?
    let text: String?
    /// As much of the text as is read of HTML.
    let readText: String
    let reading: HTMLReading
    let links: [Link]
    let attachments: [Attachment]
    var sender = SenderDomain()
    /// Those of the recipients that are on the tenant's suppression list.
    var suppressedCount = 0

    /// - Parameters:
    ///   - html: and the others, as they would be sent.
    init(_ body: MessageBody, subject: String, html: String?, text: String?) {
        self.body = body
        self.subject = subject
        self.html = html
        self.text = text
        readText = String(decoding: (text ?? "").utf8.prefix(HTMLReading.maxBytes), as: UTF8.self)
        from = body.from.flatMap { try? Mailbox($0) }
        var broken: [String] = []
        func addresses(_ field: AddressField?, _ name: String) -> [MailAddress] {
            (field?.values ?? []).flatMap { text -> [MailAddress] in
                guard let list = try? AddressList(text) else {
                    broken.append(name)
                    return []
                }
                return list.mailboxes.map(\.address)
            }
        }
        to = addresses(body.to, "to")
        cc = addresses(body.cc, "cc")
        bcc = addresses(body.bcc, "bcc")
        _ = addresses(body.reply_to, "reply_to")
        brokenAddresses = broken
        reading = HTMLReading(html ?? "")
        links =
            reading.links.map { Link(target: $0.target, text: $0.text, url: try? HTTPURL($0.target)) }
            + Self.links(inText: readText)
        attachments = (body.attachments ?? []).map { attachment in
            let encoded = attachment.content.utf8.filter { $0 != 0x0D && $0 != 0x0A }
            return Attachment(
                filename: attachment.filename, bytes: Base64.decode(Array(encoded))?.count)
        }
    }

    /// Each once, as they will be sent to.
    var recipients: [MailAddress] {
        var seen: Set<String> = []
        return (to + cc + bcc).filter { seen.insert($0.caseFolded).inserted }
    }

    /// What a reader reads, whichever part he looks at.
    var visibleText: String { html == nil ? readText : reading.text }

    /// Bodies and files, before they are encoded.
    var sizeBytes: Int {
        (html?.utf8.count ?? 0) + (text?.utf8.count ?? 0) + attachments.reduce(0) { $0 + ($1.bytes ?? 0) }
    }

    var isBulk: Bool { body.stream == "bulk" }

    func header(_ name: String) -> String? {
        body.headers?.first { $0.key.lowercased() == name.lowercased() }?.value
    }

    private static func links(inText text: String) -> [Link] {
        text.split(whereSeparator: \.isWhitespace).filter { word in
            word.hasPrefix("http://") || word.hasPrefix("https://")
        }.map { Link(target: String($0), text: "", url: try? HTTPURL(String($0))) }
    }
}
