/// The table, first match wins: what hosts are known to say, then the registry of enhanced status codes (RFC
/// 5248), then the bare reply codes. Ids never change their meaning; a new row gets a new id.
extension ClassificationRule {
    static let all = texts + statusCodes + vagueTexts + replyCodes

    private static func row(
        _ id: String, _ category: Classification.Category, _ permanent: Classification.Action = .bounce,
        _ transient: Classification.Action = .retry, stages: Stages = .any, codes: Set<Int> = [],
        status: StatusPattern? = nil, saying texts: [String] = []
    ) -> ClassificationRule {
        ClassificationRule(
            id: id, category: category, permanent: permanent, transient: transient, texts: texts,
            status: status,
            codes: codes, stages: stages)
    }

    // MARK: What hosts say

    private static let texts: [ClassificationRule] = [
        row(
            "text.greylisted", .greylisted, .retry,
            saying: [
                "greylist", "graylist", "grey list", "gray list", "greylisting",
                "temporarily deferred, please try again",
            ]),
        row(
            "text.recipient-access-denied", .invalidRecipient, .suppress, stages: .recipient,
            status: .one(4, 1),
            saying: ["recipient address rejected: access denied"]),
        row(
            "text.recipient-preferences", .policyRelated, stages: .recipient,
            saying: ["recipient preferences"]),
        row(
            "text.sender-verify", .invalidSender,
            saying: [
                "sender verify failed", "sender verification failed", "sender address rejected",
                "sender domain must exist",
                "domain of sender address", "sender address does not exist", "invalid sender",
                "sender is invalid",
                "envelope sender", "sender denied", "sender unknown", "access denied, bad sender",
                "mail from command failed", "return path is not valid",
            ]),
        row(
            "text.authentication", .authenticationFailed,
            saying: [
                "dmarc", "spf fail", "spf check", "spf:", "spf validation", "not pass spf", "failed spf",
                "sender policy framework",
                "dkim", "unauthenticated email", "unauthenticated mail", "not authenticated",
                "sender id (pra)",
                "does not pass authentication", "spf record", "authentication information",
                "fails authentication",
            ]),
        row(
            "text.reverse-dns", .badConfiguration, .retry, .retry,
            saying: [
                "reverse dns", "reverse hostname", "ptr record", "no ptr", "rdns",
                "cannot find your hostname",
                "cannot find your reverse", "reverse lookup", "does not resolve to", "helo command rejected",
                "helo name",
                "ehlo name", "client host rejected: cannot find", "fix reverse", "mismatches client ip",
            ]),
        row(
            "text.too-many-connections", .rateLimited, .slowLane, .slowLane,
            saying: [
                "too many connections", "too many concurrent", "connection limit", "concurrency limit",
                "too many sessions",
                "maximum connections", "too many simultaneous", "max number of connections",
            ]),
        row(
            "text.rate-limit", .rateLimited, .slowLane, .slowLane,
            saying: [
                "rate limit", "ratelimit", "rate-limit", "too many messages", "too many mails",
                "too many emails", "too fast",
                "unusual rate", "throttl", "excessive volume", "message rate", "sending rate",
                "exceeded the rate",
                "exceeded the maximum number of", "too much mail", "sending limit", "delivery rate",
                "slow down",
                "daily limit", "hourly limit", "unexpected volume", "frequency limited", "frequency limit",
            ]),
        row(
            "text.relay", .relayDenied,
            saying: [
                "relay access denied", "relaying denied", "unable to relay", "not permitted to relay",
                "relay not permitted",
                "relaying not allowed", "we do not relay", "relay prohibited", "no relaying",
                "is not a local domain",
                "relaying is prohibited", "relay denied", "cannot relay", "not a mail exchanger",
                "open relay",
                "isn't allowed to be relayed", "relaying mail to",
            ]),
        row(
            "text.block-list", .spamBlock, .bounce, .suspendLane,
            saying: [
                "spamhaus", "spamcop", "sorbs", "barracudacentral", "uceprotect", "senderscore",
                "sender score", "cloudmark",
                "invaluement", "abusix", "blocklist", "block list", "blacklist", "black list",
                "blocked using", "dnsbl", " rbl",
                "listed at", "listed in", "poor reputation", "bad reputation", "low reputation",
                "ip reputation", "reputation",
                "your ip", "ip address has been", "ip blocked", "blocked due to", "banned sending ip",
                "ip address blocked",
                "host is blocked", "access denied", "client host rejected", "network is blocked",
                "has been blocked",
                "temporarily blocked", "not accepting mail from", "bad sending ip",
                "connection refused by policy", "banned",
            ]),
        row(
            "text.virus", .virusRelated, .bounce, .retry,
            saying: ["virus", "malware", "trojan", "phishing", "infected", "malicious", "security policies"]),
        row(
            "text.spam", .spamContent, .bounce, .retry,
            saying: [
                "spam", "junk mail", "unsolicited", "bulk mail", "content rejected", "message content",
                "content policy",
                "suspicious content", "message looks like", "high score", "content filter",
                "content restrictions",
                "message filtered", "considered unsolicited", "message was rejected due to", "undesirable",
                "ubelist",
            ]),
        row(
            "text.mailbox-full", .quotaIssues,
            saying: [
                "mailbox full", "mailbox is full", "over quota", "overquota", "over the quota",
                "quota exceeded", "exceeded quota",
                "exceeds quota", "quota has been exceeded", "out of storage", "storage allocation",
                "insufficient disk", "disk quota",
                "not enough storage", "user is over", "mailbox exceeded", "exceeded storage", "mailbox size",
                "over the storage",
                "full mailbox", "inbox is full", "not enough space", "mailfolder is full",
                "mailbox has exceeded", "allocated storage",
                "mail quota", "user has exhausted", "account is over", "mail box full", "exceed the quota",
                "quota violation",
                "quota full", "mailbox_full", "would be over", "boite du destinataire pleine",
                "no space left",
            ]),
        row(
            "text.too-large", .contentRelated, .bounce, .bounce,
            saying: [
                "message too large", "message too big", "message size exceeds", "exceeds the maximum size",
                "exceeds size limit",
                "message is too large", "exceeds maximum", "too large to", "maximum message size",
                "message length exceeds",
                "message exceeds", "size limit", "exceeded maximum inbound message size",
                "message file too big",
            ]),
        row(
            "text.loop", .routingErrors,
            saying: [
                "too many hops", "mail loop", "loop detected", "hop count", "loops back", "routing loop",
                "too many received",
            ]),
        row(
            "text.inactive", .inactiveMailbox, .bounce, .retry, stages: .recipient,
            saying: [
                "account disabled", "account has been disabled", "account is disabled", "mailbox disabled",
                "mailbox is disabled",
                "account inactive", "account is inactive", "mailbox is inactive", "mailbox inactive",
                "user is inactive",
                "account suspended", "account has been suspended", "account is suspended",
                "account that you tried to reach is disabled",
                "mailbox is locked", "account locked", "mailbox is frozen", "account expired",
                "account has expired",
                "temporarily disabled", "user account is not active", "not active",
                "mailbox currently suspended", "inactive user",
                "account has been locked", "account not enabled", "inactive on this domain", "dormant",
                "has been deactivated",
                "account closed", "mailbox unavailable or access denied",
            ]),
        row(
            "text.tls-required", .tlsFailure, .retry, .retry,
            saying: [
                "must issue a starttls", "tls required", "requires tls", "tls is required",
                "encryption required", "encryption needed",
            ]),
        row(
            "text.too-many-recipients", .tooManyRecipients, .retry,
            saying: ["too many recipients", "too many rcpt", "recipient limit", "recipients exceed"]),
        row(
            "text.bad-domain", .badDomain, .suppress, stages: .recipient,
            saying: [
                "host not found", "domain not found", "no such domain", "unknown domain",
                "domain does not exist",
                "unrouteable mail domain", "host unknown", "name service error",
                "host or domain name not found",
                "no mx", "bad destination host", "illegal host", "recipient domain not found",
                "unrouteable domain",
                "domain is not hosted", "invalid domain", "domain isn't in my list", "domain must resolve",
                "null mx", "nullmx", "mail system is not configured", "nxdomain", "domain is not reachable",
            ]),
        row(
            "text.no-such-user", .invalidRecipient, .suppress, stages: .recipient,
            saying: [
                "user unknown", "unknown user", "no such user", "user not found", "unknown recipient",
                "recipient unknown",
                "recipient not found", "invalid recipient", "recipient address rejected: user",
                "does not exist", "doesn't exist",
                "not exist", "user doesn't have", "recipient address rejected: unknown",
                "recipient address rejected: undeliverable",
                "no such recipient", "bad recipient", "address unknown", "unknown address",
                "unknown or illegal alias",
                "recipient rejected", "no such person", "user is unknown", "is not a known user",
                "no account", "unknown account",
                "invalid user", "not a valid user", "unrouteable address", "undeliverable address",
                "unknown local",
                "recipientnotfound", "address rejected", "no longer valid", "not a valid mailbox",
                "no valid recipients",
                "destination address rejected", "not our customer", "not listed in", "user invalid",
                "no local mailbox",
                "recipient is not", "not known here", "invalid address", "unable to validate recipient",
                "adresse inconnue",
                "unknown e-mail", "sorry, no", "is a deleted", "recipient no longer", "no mail box",
                "user ambiguous",
            ]),
        row(
            "text.no-mailbox", .noMailbox, .suppress, stages: .recipient,
            saying: [
                "no such mailbox", "no mailbox", "mailbox not found", "unknown mailbox", "mailbox does not",
                "mailbox unavailable",
                "invalid mailbox", "mailbox not available", "no longer available", "mailbox name not allowed",
                "no longer with",
                "mailbox is unavailable", "no longer on server", "this address no longer accepts",
                "account does not",
                "not have an account", "user has moved", "mailbox is not",
            ]),
        row(
            "text.address-syntax", .invalidMailbox, .suppress, stages: .recipient,
            saying: [
                "malformed recipient", "malformed address", "bad address syntax",
                "bad destination mailbox address syntax",
                "invalid recipient address", "illegal address", "domain missing",
                "bad recipient address syntax",
            ]),
        row(
            "text.busy", .transientFailure, .retry,
            saying: [
                "try again later", "try later", "system not accepting", "service unavailable",
                "service not available",
                "temporarily unavailable", "server busy", "system busy", "too busy",
                "insufficient system resources",
                "local error in processing", "internal error", "server error", "temporary failure",
                "temporary error",
                "temporary problem", "resources temporarily", "please retry", "system resources",
                "server is down", "service currently unavailable", "please try later",
            ]),
    ]

    // MARK: Enhanced status codes

    private static let statusCodes: [ClassificationRule] = [
        row("status.1.x.sender", .invalidSender, stages: .sender, status: .all(1)),
        row("status.1.1", .invalidRecipient, .suppress, stages: .recipient, status: .one(1, 1)),
        row("status.1.2", .badDomain, .suppress, stages: .recipient, status: .one(1, 2)),
        row("status.1.3", .invalidMailbox, .suppress, stages: .recipient, status: .one(1, 3)),
        row("status.1.4", .invalidRecipient, stages: .recipient, status: .one(1, 4)),
        row("status.1.6", .noMailbox, .suppress, stages: .recipient, status: .one(1, 6)),
        row("status.1.7", .invalidSender, status: .one(1, 7)),
        row("status.1.8", .invalidSender, status: .one(1, 8)),
        row("status.1.10", .badDomain, .suppress, stages: .recipient, status: .one(1, 10)),
        row("status.2.1", .inactiveMailbox, status: .one(2, 1)),
        row("status.2.2", .quotaIssues, status: .one(2, 2)),
        row("status.2.3", .contentRelated, .bounce, .bounce, status: .one(2, 3)),
        row("status.2.4", .routingErrors, status: .one(2, 4)),
        row("status.3.1", .transientFailure, .retry, status: .one(3, 1)),
        row("status.3.2", .transientFailure, .retry, status: .one(3, 2)),
        row("status.3.3", .protocolError, status: .one(3, 3)),
        row("status.3.4", .contentRelated, .bounce, .bounce, status: .one(3, 4)),
        row("status.3.5", .badConfiguration, status: .one(3, 5)),
        row("status.4.1", .connectionFailure, status: .one(4, 1)),
        row("status.4.2", .connectionFailure, status: .one(4, 2)),
        row("status.4.3", .dnsFailure, status: .one(4, 3)),
        row("status.4.312", .dnsFailure, status: .init(subject: 4, details: 310...320)),
        row("status.4.4", .routingErrors, status: .one(4, 4)),
        row("status.4.5", .rateLimited, .slowLane, .slowLane, status: .one(4, 5)),
        row("status.4.6", .routingErrors, status: .one(4, 6)),
        row("status.4.7", .messageExpired, status: .one(4, 7)),
        row("status.5.3", .tooManyRecipients, .retry, status: .one(5, 3)),
        // The two sides do not agree on where they are: the message is not to blame.
        row("status.5.1", .protocolError, .retry, status: .one(5, 1)),
        row("status.5.x", .protocolError, status: .all(5)),
        row("status.6.x", .contentRelated, status: .all(6)),
        row("status.7.5", .tlsFailure, .retry, status: .one(7, 5)),
        row("status.7.8", .authenticationFailed, .retry, status: .one(7, 8)),
        row("status.7.10", .tlsFailure, .retry, status: .one(7, 10)),
        row("status.7.13", .inactiveMailbox, stages: .recipient, status: .one(7, 13)),
        row("status.7.17", .noMailbox, stages: .recipient, status: .one(7, 17)),
        row("status.7.18", .badDomain, stages: .recipient, status: .one(7, 18)),
        row("status.7.20-24", .authenticationFailed, status: .init(subject: 7, details: 20...24)),
        row("status.7.25", .badConfiguration, .retry, status: .one(7, 25)),
        row("status.7.26", .authenticationFailed, status: .one(7, 26)),
        row("status.7.27", .invalidSender, status: .one(7, 27)),
        row("status.7.28", .rateLimited, .slowLane, .slowLane, status: .one(7, 28)),
        row("status.7.29", .authenticationFailed, status: .one(7, 29)),
        row("status.7.30", .tlsFailure, status: .one(7, 30)),
        row("status.7.500", .spamBlock, .bounce, .suspendLane, status: .init(subject: 7, details: 500...999)),
        row("status.7.x", .policyRelated, status: .all(7)),
    ]

    // MARK: What hosts say without a status code

    private static let vagueTexts: [ClassificationRule] = [
        row(
            "text.policy", .policyRelated, .bounce, .retry,
            saying: [
                "policy", "not allowed", "not permitted", "not authorized", "unauthorized", "refused",
                "rejected by",
                "security", "permission", "prohibited", "administrative",
            ])
    ]

    // MARK: Bare reply codes

    private static let replyCodes: [ClassificationRule] = [
        row("session.refused", .connectionFailure, .suspendLane, .slowLane, stages: .session),
        row("code.421", .transientFailure, .retry, .retry, codes: [421]),
        row("code.450-452", .transientFailure, .retry, .retry, codes: [450, 451, 452, 454, 455]),
        row("code.500-503", .protocolError, .retry, codes: [500, 502, 503]),
        row("code.501-504", .protocolError, codes: [501, 504]),
        row("code.550.rcpt", .uncategorized, codes: [550]),
        row("code.551", .routingErrors, codes: [551]),
        row("code.552", .quotaIssues, codes: [552]),
        row("code.553.mail", .invalidSender, stages: .sender, codes: [553]),
        row("code.553", .invalidMailbox, stages: .recipient, codes: [553]),
        row("code.555", .protocolError, codes: [555]),
        row("code.556", .badDomain, .suppress, stages: .recipient, codes: [556]),
        row("other", .uncategorized),
    ]
}
