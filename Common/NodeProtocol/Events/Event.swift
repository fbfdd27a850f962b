import FoundationEssentials

/// The append-only list of what can happen to a message.
package enum EventKind: String, Sendable, CaseIterable {
    case accepted, attempted, delivered, deferred, bounced, expired, failed, cancelled, suppressed
    case complained, opened, clicked, unsubscribed
    /// A message that waits for its time was given another one.
    case rescheduled
    /// An attempt to deliver a webhook, for the endpoint's log.
    case webhookAttempted = "webhook_attempted"

    /// The name under which customers subscribe to it, or nil when webhooks do not tell of it.
    package var webhookName: String? {
        switch self {
        case .accepted: "sent"
        case .bounced, .expired, .failed: "bounced"
        case .delivered, .deferred, .complained, .opened, .clicked, .unsubscribed: rawValue
        case .attempted, .cancelled, .suppressed, .rescheduled, .webhookAttempted: nil
        }
    }
}

/// Something that happened to a message, as a node saw it. The journal numbers it; the number is not in here.
package struct Event: Sendable, Equatable {
    /// What the remote host said.
    package struct Response: Sendable, Equatable {
        /// SMTP or HTTP status.
        package var code: Int
        /// Such as `5.1.1`.
        package var enhancedCode: String?
        package var text: String

        package init(code: Int, enhancedCode: String? = nil, text: String) {
            self.code = code
            self.enhancedCode = enhancedCode
            self.text = text
        }
    }

    /// What the response means.
    package struct Classification: Sendable, Equatable {
        package var category: String
        package var action: String
        package var rule: String
        /// Names the version of the rules in force; nil where none was asked.
        package var ruleSet: String?

        package init(category: String, action: String, rule: String, ruleSet: String? = nil) {
            self.category = category
            self.action = action
            self.rule = rule
            self.ruleSet = ruleSet
        }
    }

    /// Who handed the message in.
    package struct Origin: Sendable, Equatable {
        package enum Kind: String, Sendable { case apiKey = "api_key", credential, user, network }
        package var kind: Kind
        /// Of the key or the credential, or a user's subject.
        package var id: String
        /// `ingest`, `tenants`, `smtp`, …
        package var door: String

        package init(kind: Kind, id: String, door: String) {
            self.kind = kind
            self.id = id
            self.door = door
        }
    }

    /// What the log keeps of an accepted message.
    package struct Accepted: Sendable, Equatable {
        package var origin: Origin
        package var from: String
        package var envelopeSender: String
        /// Every envelope recipient, in the order of the entry.
        package var recipients: [String]
        package var subject: String
        /// The value of Message-ID with its angle brackets.
        package var messageIDHeader: String
        package var bodyBytes: Int
        package var hasAttachments: Bool
        package var tags: [String]
        package var metadata: [String: String]
        package var isTest: Bool
        /// Milliseconds since 1970.
        package var scheduledAt: Int64?
        /// Those of the recipients that the message names as Cc, and those that it does not name.
        package var cc: [String]
        package var bcc: [String]
        package var tracksOpens: Bool
        package var tracksClicks: Bool
        package var offersUnsubscribe: Bool
        package var templateID: UUID?
        /// The message that this one repeats.
        package var resentFrom: MessageID?

        package init(
            origin: Origin, from: String, envelopeSender: String, recipients: [String], subject: String,
            messageIDHeader: String, bodyBytes: Int, hasAttachments: Bool, tags: [String],
            metadata: [String: String], isTest: Bool, scheduledAt: Int64?, cc: [String] = [],
            bcc: [String] = [], tracksOpens: Bool = false, tracksClicks: Bool = false,
            offersUnsubscribe: Bool = false, templateID: UUID? = nil, resentFrom: MessageID? = nil
        ) {
            self.origin = origin
            self.from = from
            self.envelopeSender = envelopeSender
            self.recipients = recipients
            self.subject = subject
            self.messageIDHeader = messageIDHeader
            self.bodyBytes = bodyBytes
            self.hasAttachments = hasAttachments
            self.tags = tags
            self.metadata = metadata
            self.isTest = isTest
            self.scheduledAt = scheduledAt
            (self.cc, self.bcc) = (cc, bcc)
            (self.tracksOpens, self.tracksClicks) = (tracksOpens, tracksClicks)
            self.offersUnsubscribe = offersUnsubscribe
            (self.templateID, self.resentFrom) = (templateID, resentFrom)
        }
    }

    /// The same behind one reference, for those who hand it on.
    package final class AcceptedContent: Sendable, Equatable {
        package let accepted: Accepted

        package var isTest: Bool { accepted.isTest }

        package init(_ accepted: consuming Accepted) { self.accepted = accepted }

        package func write(to writer: inout ProtobufWriter) { accepted.write(to: &writer) }

        package static func == (left: AcceptedContent, right: AcceptedContent) -> Bool {
            left === right || left.accepted == right.accepted
        }
    }

    /// Which endpoint a webhook attempt went to, and for which event.
    package struct Webhook: Sendable, Equatable {
        package var id: UUID
        package var url: String
        package var event: String
        /// Whether the endpoint asked to be sent nothing more (410 Gone).
        package var isGone: Bool

        package init(id: UUID, url: String, event: String, isGone: Bool = false) {
            self.id = id
            self.url = url
            self.event = event
            self.isGone = isGone
        }
    }

    /// How a reader came to a link of the message: with `opened`, `clicked` and `unsubscribed`.
    package struct Reader: Sendable, Equatable {
        /// Longer ones are cut, in bytes of UTF-8.
        package static let maxUserAgentBytes = 512

        /// As the client named itself; empty when it did not.
        package var userAgent: String
        /// The network of the client and no more of its address: an IPv4 /24 or an IPv6 /48.
        package var network: String?
        /// Where a click led.
        package var url: String?
        /// Which rule took the client for a machine; nil for a person, as far as anybody can tell.
        package var machineReason: String?

        package var isMachine: Bool { machineReason != nil }

        package init(
            userAgent: String, network: String? = nil, url: String? = nil, machineReason: String? = nil
        ) {
            self.userAgent = userAgent.cut(toBytes: Self.maxUserAgentBytes)
            self.network = network
            self.url = url
            self.machineReason = machineReason
        }
    }

    package var kind: EventKind
    package var message: MessageID
    package var tenant: TenantID
    /// Milliseconds since 1970.
    package var at: Int64
    package var node: UInt16
    /// The envelope address; nil for `accepted`, which is of the whole message, and for `failed` of a message
    /// that its node cannot read any more: then it is of every recipient that is not finished.
    package var recipient: String?
    /// 1 for the first attempt.
    package var attempt: Int?
    package var response: Response?
    package var classification: Classification?
    /// The host name or address that answered.
    package var remoteHost: String?
    /// The remote host's own queue id, where its reply named one.
    package var remoteID: String?
    package var durationMilliseconds: Int?
    /// Milliseconds since 1970, with `deferred` and `rescheduled`.
    package var nextAttemptAt: Int64?
    /// With `accepted`; handed on without a copy, because it has many parts.
    package var content: AcceptedContent?
    package var webhook: Webhook?
    /// Told by a bounce message or a feedback loop, when the delivery was over: the recipient is as they name
    /// it, or nobody, and whether the message went there is for the log to say.
    package var isLate = false
    /// Of a reader who followed a link of captured mail: nothing follows from it for the address.
    package var isTest = false
    package var reader: Reader?

    /// What the log keeps of the message, with `accepted`.
    package var accepted: Accepted? {
        get { content?.accepted }
        set { content = newValue.map { AcceptedContent($0) } }
    }

    /// Whether a machine did what the event tells: it is in the timeline and in no count.
    package var isOfMachine: Bool { reader?.isMachine ?? false }

    package init(
        _ kind: EventKind, message: MessageID, tenant: TenantID, at: Int64, node: UInt16,
        recipient: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.tenant = tenant
        self.at = at
        self.node = node
        self.recipient = recipient
    }
}

extension String {
    /// The text up to so many bytes, without half a character at its end.
    fileprivate func cut(toBytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var bytes = Array(utf8.prefix(count))
        while !bytes.isEmpty {
            if let text = String(validating: bytes, as: UTF8.self) { return text }
            bytes.removeLast()
        }
        return ""
    }
}
