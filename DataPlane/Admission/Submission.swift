import FoundationEssentials
import MailFormat
import NodeProtocol
import Templates

/// What a door read from its dialect: syntax only, nothing decided.
package struct Submission: Sendable {
    /// A stored template to fill in, in place of subject and bodies.
    package struct TemplateUse: Sendable {
        /// Its UUID or slug.
        package var name: String
        /// What the dialect calls the field, for refusals.
        package var field: String
        /// Takes the place of the template's own.
        package var subject: String?
        /// Whether `subject` has placeholders as the template's own has; else it stays as it is.
        package var fillsSubject = false

        package init(name: String, field: String, subject: String? = nil) {
            self.name = name
            self.field = field
            self.subject = subject
        }
    }

    /// A message that the service composes. Addresses are still texts; the field names are those that
    /// refusals name.
    package struct Composed: Sendable {
        package typealias Attachment = OutgoingMessage.Attachment

        package var from: String
        /// Each element may be a comma list.
        package var to: [String]
        package var cc: [String]
        package var bcc: [String]
        package var replyTo: [String]
        package var subject: String
        package var text: String?
        package var html: String?
        package var headers: [(name: String, value: String)]
        package var attachments: [Attachment]
        /// What the dialect calls the two parts, for refusals: `text`, `html` or `text_body`, `html_body`.
        package var textField: String
        package var htmlField: String
        package var template: TemplateUse?
        package var variables: [String: TemplateValue] = [:]
        /// What reads its templates, shared by the messages of one request; nil for a message alone.
        package var templates: TemplateReader?
        /// What the dialect calls the variables, for refusals.
        package var variablesField = "template_variables"
        /// Whether the HTML gets the tenant's frame around it.
        package var usesMasterTemplate = false
        /// Whether subject and bodies are themselves templates, which `variables` fill in.
        package var fillsPlaceholders = false
        /// Verified TLS on the whole way, or a bounce (RFC 8689).
        package var requiresTLS = false

        package init(
            from: String, to: [String], cc: [String] = [], bcc: [String] = [], replyTo: [String] = [],
            subject: String, text: String?, html: String?, headers: [(name: String, value: String)] = [],
            attachments: [Attachment] = [], textField: String = "text", htmlField: String = "html"
        ) {
            self.from = from
            self.to = to
            self.cc = cc
            self.bcc = bcc
            self.replyTo = replyTo
            self.subject = subject
            self.text = text
            self.html = html
            self.headers = headers
            self.attachments = attachments
            self.textField = textField
            self.htmlField = htmlField
        }
    }

    /// A finished message with the envelope that came with it. Line ends are CRLF: the door saw to that.
    package struct Raw: Sendable {
        /// `withProtocol` of what did not come by SMTP.
        package static let http = "HTTP"

        /// Nil is the null sender `<>`.
        package var envelopeSender: String?
        package var recipients: [String]
        package let message: [UInt8]
        /// Read once, for all who look into it.
        package let headers: Result<MessageHeaders, HeaderError>
        /// For the trace field, such as `ESMTPSA`.
        package var withProtocol: String
        package var request: EnvelopeRequest

        package init(
            envelopeSender: String?, recipients: [String], message: [UInt8], withProtocol: String,
            request: EnvelopeRequest = EnvelopeRequest()
        ) {
            self.envelopeSender = envelopeSender
            self.recipients = recipients
            self.message = message
            headers = Result { () throws(HeaderError) in try MessageHeaders(message) }
            self.withProtocol = withProtocol
            self.request = request
        }
    }

    /// Indirect, because a submission with so many fields is handed on often.
    package indirect enum Content: Sendable {
        case composed(Composed)
        case raw(Raw)
        case again(Again)
    }

    package enum Stream: String, Sendable, Codable { case transactional, bulk }

    /// What is told of a reader's doings.
    package struct Tracking: Sendable, Equatable {
        package var opens: Bool
        package var clicks: Bool

        package static let off = Tracking(opens: false, clicks: false)
        package static let on = Tracking(opens: true, clicks: true)

        package init(opens: Bool, clicks: Bool) {
            self.opens = opens
            self.clicks = clicks
        }
    }

    /// How readers may leave by one click (RFC 8058). `{{unsubscribe_url}}` in the bodies is the link with
    /// each but the first.
    package enum Unsubscribe: Sendable {
        case none
        /// The headers where the stream is bulk, or a body has the link; else nothing.
        case headersIfBulkOrNamed
        /// List-Unsubscribe and List-Unsubscribe-Post.
        case headers
        /// As well a link at the end of each body that has none.
        case headersAndLink
    }

    /// `ingest`, `tenants`, `emails`, `smtp`.
    package var door: String
    package var content: Content
    package var tags: [String]
    package var metadata: [String: String]
    package var stream: Stream
    /// Milliseconds since 1970; nil is at once.
    package var scheduledAt: Int64?
    /// Whether a time that has passed is refused, in place of being at once.
    package var demandsTimeAhead = false
    /// Of composed messages with HTML; a finished one stays as it is.
    package var tracking = Tracking.off
    /// Of composed messages.
    package var unsubscribe = Unsubscribe.none
    /// Whether it goes no further than the captured mail, as with a test key.
    package var isTest = false
    /// The message that this one repeats.
    package var resentFrom: MessageID?
    /// The id of the verified domain that the sender must be of; nil for any of the tenant's.
    package var senderDomain: UUID?

    package init(
        door: String, content: Content, tags: [String] = [], metadata: [String: String] = [:],
        stream: Stream = .transactional, scheduledAt: Int64? = nil
    ) {
        self.door = door
        self.content = content
        self.tags = tags
        self.metadata = metadata
        self.stream = stream
        self.scheduledAt = scheduledAt
    }

    /// Whether readers may leave by one click, whatever the message says; set, it asks for the headers.
    package var offersUnsubscribe: Bool {
        get { unsubscribe == .headers || unsubscribe == .headersAndLink }
        set { unsubscribe = newValue ? .headers : .none }
    }
}
