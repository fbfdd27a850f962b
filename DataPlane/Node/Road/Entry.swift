import Admission
import FoundationEssentials
import MailFormat
import NodeProtocol

/// What the spool keeps beside the body: everything that delivery, retries, events and a restart need.
enum Entry: Sendable {
    case mail(MailEntry)
    case webhook(WebhookEntry)

    var tenant: TenantID {
        switch self {
        case .mail(let mail): mail.tenant
        case .webhook(let webhook): webhook.tenant
        }
    }
}

/// A mail message: envelope, signer and what the log wants to know. A class, because it is handed from step
/// to step and never changed.
final class MailEntry: Sendable {
    let tenant: TenantID
    /// Milliseconds since 1970, as all times here.
    let acceptedAt: Int64
    let deadline: Int64
    let senderDomain: String
    let selector: String
    let isBulk: Bool
    let bodyBytes: Int
    let content: Event.AcceptedContent
    let suppressed: [String]
    /// What was asked for with the envelope; nil when nothing was.
    let request: EnvelopeRequest?
    /// Where in the body the copy of each recipient has links of its own; none in most messages, and then all
    /// recipients get the same bytes.
    let links: LinkPlaces

    /// What the log wants to know.
    var log: Event.Accepted { content.accepted }

    /// When it was to leave, as it was accepted.
    var firstDue: Int64 { log.scheduledAt ?? acceptedAt }

    init(
        tenant: TenantID, acceptedAt: Int64, deadline: Int64, senderDomain: String = "",
        selector: String = "",
        isBulk: Bool = false, bodyBytes: Int? = nil, log: Event.Accepted, suppressed: [String] = [],
        request: EnvelopeRequest? = nil, links: LinkPlaces = .none
    ) {
        self.tenant = tenant
        self.acceptedAt = acceptedAt
        self.deadline = deadline
        self.senderDomain = senderDomain
        self.selector = selector
        self.isBulk = isBulk
        self.bodyBytes = bodyBytes ?? log.bodyBytes
        content = Event.AcceptedContent(log)
        self.suppressed = suppressed
        self.request = request
        self.links = links
    }

    init(_ admitted: borrowing Admitted) {
        tenant = admitted.tenant
        acceptedAt = admitted.acceptedAt
        deadline = admitted.deadline
        senderDomain = admitted.senderDomain.name
        selector = admitted.senderDomain.selector
        isBulk = admitted.stream == .bulk
        bodyBytes = admitted.message.count
        suppressed = admitted.suppressed
        request = admitted.request
        links = admitted.links
        content = Event.AcceptedContent(admitted)
    }
}

extension Event.AcceptedContent {
    fileprivate convenience init(_ admitted: borrowing Admitted) {
        self.init(
            Event.Accepted(
                origin: admitted.origin, from: admitted.from, envelopeSender: admitted.envelopeSender,
                recipients: admitted.recipients, subject: admitted.subject,
                messageIDHeader: admitted.messageIDHeader, bodyBytes: admitted.message.count,
                hasAttachments: admitted.hasAttachments, tags: admitted.tags, metadata: admitted.metadata,
                isTest: admitted.isTest, scheduledAt: admitted.scheduledAt, cc: admitted.cc,
                bcc: admitted.bcc, tracksOpens: admitted.tracking.opens,
                tracksClicks: admitted.tracking.clicks, offersUnsubscribe: admitted.offersUnsubscribe,
                templateID: admitted.templateID, resentFrom: admitted.resentFrom))
    }
}

/// A webhook message: one event for one endpoint. Its body is the payload, byte for byte as it is signed and
/// sent.
struct WebhookEntry: Sendable {
    var tenant: TenantID
    var webhook: UUID
    /// As it was when the event happened, for the log. An attempt goes to where the endpoint is by then; one
    /// that was deleted since gets nothing more.
    var url: String
    /// The name that customers subscribe to, such as `delivered`.
    var event: String
    /// The mail that it tells of.
    var about: MessageID
    var acceptedAt: Int64
    var deadline: Int64
}
