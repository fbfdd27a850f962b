/// Why a recipient did not get the message, and what follows from it: two axes, decided by one ordered table.
package struct Classification: Hashable, Sendable {
    /// Why. The names are those that operators know from other mail servers; the raw value is stable.
    package enum Category: String, Hashable, Sendable, CaseIterable {
        case invalidRecipient = "InvalidRecipient"
        case badDomain = "BadDomain"
        case invalidMailbox = "InvalidMailbox"
        case noMailbox = "NoMailbox"
        case inactiveMailbox = "InactiveMailbox"
        case quotaIssues = "QuotaIssues"
        case invalidSender = "InvalidSender"
        case spamBlock = "SpamBlock"
        case spamContent = "SpamContent"
        case virusRelated = "VirusRelated"
        case contentRelated = "ContentRelated"
        case policyRelated = "PolicyRelated"
        case authenticationFailed = "AuthenticationFailed"
        case relayDenied = "RelayDenied"
        case rateLimited = "RateLimited"
        case greylisted = "Greylisted"
        case tooManyRecipients = "TooManyRecipients"
        case transientFailure = "TransientFailure"
        case badConfiguration = "BadConfiguration"
        case routingErrors = "RoutingErrors"
        case dnsFailure = "DNSFailure"
        case connectionFailure = "ConnectionFailure"
        case tlsFailure = "TLSFailure"
        case protocolError = "ProtocolError"
        case messageExpired = "MessageExpired"
        case uncategorized = "Uncategorized"

        /// Only these tell that the address itself is of no use.
        package var maySuppress: Bool {
            switch self {
            case .invalidRecipient, .badDomain, .invalidMailbox, .noMailbox: true
            default: false
            }
        }
    }

    /// What follows.
    package enum Action: String, Hashable, Sendable, CaseIterable {
        /// Try this recipient again later.
        case retry
        /// Try again later, and send less to this destination.
        case slowLane
        /// Try again later, and send nothing to this destination for a while.
        case suspendLane
        /// Give this recipient up.
        case bounce
        /// Give it up and do not write to the address again.
        case suppress

        package var isFinal: Bool { self == .bounce || self == .suppress }
    }

    package let category: Category
    package let action: Action
    /// The row of the table that decided.
    package let ruleID: String

    package init(category: Category, action: Action, ruleID: String) {
        self.category = category
        self.action = action
        self.ruleID = ruleID
    }

    /// What is left of it when the message has been given up already, as in a report of a failure: there is
    /// nothing to retry.
    package var givenUp: Classification {
        action.isFinal ? self : Classification(category: category, action: .bounce, ruleID: ruleID)
    }

    /// The same, but not held against the address: when the evidence is about the message as a whole.
    var withoutSuppression: Classification {
        action == .suppress ? Classification(category: category, action: .bounce, ruleID: ruleID) : self
    }
}
