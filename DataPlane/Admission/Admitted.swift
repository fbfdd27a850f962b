import FoundationEssentials
import MailFormat
import NodeProtocol

/// A message that passed every check and only has to be put on disk. Only `Admission` makes one.
package final class Admitted: Sendable {
    package let id: MessageID
    package let tenant: TenantID
    package let origin: Event.Origin
    package let isTest: Bool
    /// The verified domain of the sender: the message is signed with its key.
    package let senderDomain: VerifiedSenderDomain
    /// The address that customers see as the sender of the envelope; the return path is made from it at
    /// delivery.
    package let envelopeSender: String
    package let from: String
    /// Envelope addresses, in order, none twice, none suppressed.
    package let recipients: [String]
    package let suppressed: [String]
    /// Those of the recipients that the message names as Cc, and those that it does not name.
    package let cc: [String]
    package let bcc: [String]
    /// The whole message as its sender wrote it, without its DKIM signature, CRLF line ends.
    package let message: [UInt8]
    /// Where in it the copy of each recipient has links of its own.
    package let links: LinkPlaces
    package let subject: String
    package let messageIDHeader: String
    package let hasAttachments: Bool
    package let tags: [String]
    package let metadata: [String: String]
    package let stream: Submission.Stream
    /// Milliseconds since 1970.
    package let acceptedAt: Int64
    package let scheduledAt: Int64?
    package let deadline: Int64
    /// What was asked for with the envelope; nil when nothing was.
    package let request: EnvelopeRequest?
    package let tracking: Submission.Tracking
    package let offersUnsubscribe: Bool
    /// The template that was filled in.
    package let templateID: UUID?
    package let resentFrom: MessageID?

    /// - Parameters:
    ///   - acceptedAt: milliseconds since 1970, as are the two others.
    ///   - scheduledAt: nil is at once.
    ///   - deadline: when it is given up.
    init(
        _ draft: Admission.Draft, to recipients: borrowing Admission.Recipients, id: MessageID,
        isTest: Bool, _ submission: borrowing Submission, from principal: borrowing Principal,
        acceptedAt: Int64, scheduledAt: Int64?, deadline: Int64
    ) {
        self.id = id
        tenant = principal.tenant.id
        origin = Event.Origin(kind: principal.origin, id: principal.originID, door: submission.door)
        self.isTest = isTest
        senderDomain = draft.senderDomain
        envelopeSender = draft.envelopeSender
        from = draft.from
        self.recipients = recipients.open
        suppressed = recipients.suppressed
        cc = draft.copied.filter(recipients.open.contains)
        bcc = draft.hidden.filter(recipients.open.contains)
        message = draft.message
        links = draft.links
        subject = draft.subject
        messageIDHeader = draft.messageIDHeader
        hasAttachments = draft.hasAttachments
        tags = draft.tags.isEmpty ? submission.tags : submission.tags + draft.tags
        metadata =
            draft.metadata.isEmpty
            ? submission.metadata : submission.metadata.merging(draft.metadata) { $1 }
        stream = draft.stream ?? submission.stream
        self.acceptedAt = acceptedAt
        self.scheduledAt = scheduledAt
        self.deadline = deadline
        request = draft.request.isEmpty ? nil : draft.request.keeping(recipients.places)
        tracking = draft.tracking
        offersUnsubscribe = draft.offersUnsubscribe
        templateID = draft.templateID
        resentFrom = submission.resentFrom
    }
}

/// A domain that the tenant has verified: a message leaves only from one. Only a look-up in the tenant's
/// record makes it.
package struct VerifiedSenderDomain: Sendable, Hashable {
    package let name: String
    package let selector: String

    /// The most specific domain at or above `domain` that anybody has verified must be the tenant's, and let
    /// it send from below when it is above. Nil otherwise, and when the caller is bound to another domain.
    static func of(_ domain: String, _ principal: Principal, _ snapshot: Snapshot) -> VerifiedSenderDomain? {
        guard SenderDomain.isWithin(principal.onlyDomain, domain),
            let deciding = SenderDomain.deciding(
                for: domain, where: { snapshot.owner(ofDomain: $0) != nil })
        else { return nil }
        let domains = principal.tenant.domains
        guard let place = domains.indices.first(where: { domains[$0].name == deciding }),
            domains[place].name == domain || domains[place].coversSubdomains
        else { return nil }
        return VerifiedSenderDomain(name: domains[place].name, selector: domains[place].selector)
    }

    private init(name: String, selector: String) {
        self.name = name
        self.selector = selector
    }
}

/// What a door tells the caller of an accepted message. It can only be had for something that is on disk.
package struct Receipt: Sendable, Equatable {
    package var id: MessageID
    package var messageIDHeader = ""
    /// As it stands in the message, filled in.
    package var subject = ""
    package var queued: [String] = []
    package var suppressed: [String] = []
    /// Milliseconds since 1970.
    package var acceptedAt: Int64 = 0
    /// Milliseconds since 1970; nil for a message that leaves at once.
    package var scheduledAt: Int64?
    /// What the message turned out to be, for dialects that print it.
    package var from = ""
    package var cc: [String] = []
    package var bcc: [String] = []
    package var tags: [String] = []
    package var metadata: [String: String] = [:]
    package var tracking = Submission.Tracking.off
    package var templateID: UUID?

    package var isScheduled: Bool { scheduledAt != nil }

    package init(id: MessageID) { self.id = id }

    package init(_ admitted: borrowing Admitted) {
        id = admitted.id
        messageIDHeader = admitted.messageIDHeader
        subject = admitted.subject
        (queued, suppressed) = (admitted.recipients, admitted.suppressed)
        (acceptedAt, scheduledAt) = (admitted.acceptedAt, admitted.scheduledAt)
        from = admitted.from
        (cc, bcc) = (admitted.cc, admitted.bcc)
        (tags, metadata) = (admitted.tags, admitted.metadata)
        tracking = admitted.tracking
        templateID = admitted.templateID
    }
}
