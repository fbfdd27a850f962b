/// Enhanced status codes: the IANA registry (RFC 3463, 4468, 4865, 4954, 5248, 6531, 6710, 6758, 7293, 7372,
/// 7504, 7505, 8616, 8689) and the private ones of Exchange. A code that says "other" says nothing.
extension ClassificationRule {
    static let statusCodes: [ClassificationRule] = [
        ClassificationRule("status.1.x.sender", .invalidSender, at: .sender, status: [Status(1)]),
        ClassificationRule("status.1.1", .invalidRecipient, at: .recipient, status: [Status(1, 1)]),
        ClassificationRule("status.1.2", .badDomain, at: .recipient, status: [Status(1, 2)]),
        ClassificationRule("status.1.3", .invalidMailbox, at: .recipient, status: [Status(1, 3)]),
        ClassificationRule("status.1.4", .invalidRecipient, at: .recipient, status: [Status(1, 4)]),
        ClassificationRule("status.1.6", .noMailbox, at: .recipient, status: [Status(1, 6)]),
        ClassificationRule("status.1.7-9", .invalidSender, status: [Status(1, 7...9), Status(1, 20...21)]),
        ClassificationRule(
            "status.1.10", .badDomain, at: .recipient, codes: [556], status: [Status(1, 10)]),
        // Exchange says it of a recipient it does not know, RFC 7505 of a domain that takes no mail.
        ClassificationRule(
            "status.1.10.exchange", .invalidRecipient, at: .recipient, status: [Status(1, 10)]),
        ClassificationRule(
            "status.1.90", .rateLimited, .slowLane, .slowLane, status: [Status(1, 90), Status(2, 121...122)]),
        ClassificationRule("status.2.2", .quotaIssues, status: [Status(2, 2)]),
        ClassificationRule("status.2.3", .contentRelated, .bounce, .bounce, status: [Status(2, 3)]),
        ClassificationRule("status.2.4", .routingErrors, status: [Status(2, 4)]),
        ClassificationRule("status.3.1", .transientFailure, .retry, status: [Status(3, 1)]),
        ClassificationRule("status.3.2", .transientFailure, .retry, status: [Status(3, 2)]),
        ClassificationRule("status.3.3", .protocolError, status: [Status(3, 3), Status(3, 6)]),
        ClassificationRule("status.3.4", .contentRelated, .bounce, .bounce, status: [Status(3, 4)]),
        ClassificationRule("status.3.5", .badConfiguration, status: [Status(3, 5)]),
        ClassificationRule("status.4.1-2", .connectionFailure, status: [Status(4, 1...2)]),
        ClassificationRule("status.4.3", .dnsFailure, status: [Status(4, 3)]),
        ClassificationRule("status.4.300", .messageExpired, status: [Status(4, 300)]),
        ClassificationRule("status.4.310", .badDomain, at: .recipient, status: [Status(4, 310)]),
        ClassificationRule("status.4.312", .dnsFailure, status: [Status(4, 311...315)]),
        ClassificationRule("status.4.316", .connectionFailure, status: [Status(4, 316)]),
        ClassificationRule("status.4.317", .tlsFailure, .retry, status: [Status(4, 317...329)]),
        ClassificationRule("status.4.4", .routingErrors, status: [Status(4, 4)]),
        ClassificationRule("status.4.5", .rateLimited, .slowLane, .slowLane, status: [Status(4, 5)]),
        ClassificationRule("status.4.6", .routingErrors, status: [Status(4, 6), Status(4, 14)]),
        ClassificationRule("status.4.7", .messageExpired, status: [Status(4, 7)]),
        ClassificationRule("status.5.3", .tooManyRecipients, .retry, status: [Status(5, 3)]),
        // The two sides do not agree on where they are: the message is not to blame.
        ClassificationRule("status.5.1", .protocolError, .retry, status: [Status(5, 1)]),
        ClassificationRule("status.5.2-6", .protocolError, status: [Status(5, 2...6)]),
        ClassificationRule("status.6.x", .contentRelated, status: [Status(6, 1...999)]),
        ClassificationRule(
            "status.7.5", .tlsFailure, .retry, status: [Status(7, 4...5), Status(7, 10...11)]),
        ClassificationRule("status.7.7", .authenticationFailed, status: [Status(7, 7)]),
        ClassificationRule("status.7.8", .authenticationFailed, .retry, status: [Status(7, 8...9)]),
        ClassificationRule("status.7.13", .inactiveMailbox, at: .recipient, status: [Status(7, 13)]),
        ClassificationRule("status.7.17", .noMailbox, at: .recipient, status: [Status(7, 17)]),
        ClassificationRule("status.7.18", .badDomain, at: .recipient, status: [Status(7, 18)]),
        ClassificationRule(
            "status.7.20-24", .authenticationFailed,
            status: [Status(7, 20...24), Status(7, 26), Status(7, 29)]),
        ClassificationRule("status.7.25", .badConfiguration, .retry, status: [Status(7, 25)]),
        ClassificationRule("status.7.27", .invalidSender, status: [Status(7, 27)]),
        ClassificationRule("status.7.28", .rateLimited, .slowLane, .slowLane, status: [Status(7, 28)]),
        ClassificationRule("status.7.30", .tlsFailure, status: [Status(7, 30)]),
        ClassificationRule("status.7.32-40", .authenticationFailed, status: [Status(7, 31...40)]),
        ClassificationRule(
            "status.7.54", .relayDenied, status: [Status(7, 54), Status(7, 57), Status(7, 64)]),
        ClassificationRule("status.7.509", .authenticationFailed, status: [Status(7, 509), Status(7, 515)]),
        ClassificationRule("status.7.705", .rateLimited, .slowLane, .slowLane, status: [Status(7, 705)]),
        ClassificationRule("status.7.520", .policyRelated, status: [Status(7, 520...599)]),
        ClassificationRule("status.7.500", .spamBlock, .bounce, .suspendLane, status: [Status(7, 500...999)]),
    ]
}
