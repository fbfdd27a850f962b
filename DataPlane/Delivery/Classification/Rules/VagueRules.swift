/// Words that say little, and bare reply codes: they decide only when nothing else has. None of them proves
/// an address to be of no use without a status code that does.
extension ClassificationRule {
    static let vagueWords: [ClassificationRule] = [
        ClassificationRule(
            "vague.mailbox-unavailable", .noMailbox, at: .recipient,
            saying: [
                "account|address .. unavailable", "no longer an", "not receive mail", "does not receive",
                "email has changed", "unavailable mailbox", "invalid mailbox", "mailbox invalid",
                "mailbox not available", "mailbox name not allowed", "mailbox .. unavailable",
                "mailbox is not", "no longer available", "no longer valid", "no longer exist",
                "no longer in use", "no longer in service", "no longer accept", "no longer with",
                "no longer work", "no longer employ", "no longer at ", "no longer active", "no longer here",
                "has moved", "user moved", "mailbox moved", "has left", "left the company",
                "address has changed", "address changed", "sorry no", "user not local", "is a deleted",
                "has been deleted", "has been removed", "was deleted", "discontinued", "nicht mehr verfugbar",
                "nicht mehr erreichbar", "nicht mehr gultig", "nest plus", "ya no existe", "ya no esta",
                "non piu attiv", "nao esta mais",
            ]),
        ClassificationRule(
            "vague.recipient-access", .policyRelated, saying: ["recipient address rejected access denied"]),
        ClassificationRule(
            "vague.recipient", .invalidRecipient, at: .recipient,
            saying: [
                "recipient .. denied|not allowed", "wrong .. recipient|address|user", "cannot be verified",
                "account is not allowed", "errato", "account is unavailable", "incorrectly addressed",
                "rcpt user", "rejected recipients", "bad destination", "invalid .. address",
                "user not allowed", "recipient verif", "user rejected", "user denied", "recipient rejected",
                "recipient refused", "recipient not accepted", "recipient was rejected", "address rejected",
                "bad recipient", "bad address", "doesnt exist", "not exist", "could not be found",
                "not found", "unable to find", "cannot find", "ambiguous", "not listed in",
                "recipient is not", "invalid email", "address invalid", "address is invalid",
                "no valid recipient", "no recipients", "unknown", "inconnu", "unbekannt", "no existe",
                "existiert nicht", "nexiste pas", "non esiste", "nao existe", "inexistente", "inexistant",
                "bestaat niet", "nie istnieje", "неизвестн", "не найден", "不存在", "存在しません", "見つかりません",
            ]),
        ClassificationRule(
            "vague.address-syntax", .invalidMailbox, at: .recipient,
            saying: [
                "malformed address", "illegal address", "domain missing", "syntax error in address",
                "address syntax",
            ]),
        ClassificationRule("vague.sender", .invalidSender, saying: ["sender ", "mail from "]),
        ClassificationRule("vague.relay", .relayDenied, saying: ["relay ", "relaying"]),
        ClassificationRule(
            "vague.policy", .policyRelated,
            saying: [
                "verweigert", "denegad", "negato", "negado", "запрещ", "refus", "non autoris", "verify",
                "policy", "policies", "not allowed", "not permitted", "authentication required", "denied",
                "security", "permission", "prohibited", "administrative", "administrator", "forbidden",
                "disallowed", "transport rule", "not accepted", "unaccepted", "not acceptable", "rejected",
                "reject ", "held ", "blocked", "banned", "block ", "restricted", "go away", "richtlinie",
                "abgelehnt", "nicht erlaubt", "politique", "interdit", "politica", "rechazado",
                "no permitido", "no autorizado", "rifiutat", "non consentito", "recusad", "rejeitad",
                "nao permitido", "geweigerd", "niet toegestaan", "odrzucon", "reddedildi", "отклонен",
                "политик", "拒绝", "拒絕", "拒收", "策略", "拒否", "거부",
            ]),
    ]

    static let replyCodes: [ClassificationRule] = [
        ClassificationRule("session.refused", .connectionFailure, .suspendLane, .slowLane, at: .session),
        // Codes that only say where the trouble lies.
        ClassificationRule("status.2.1", .inactiveMailbox, at: .recipient, status: [Status(2, 1)]),
        ClassificationRule("status.7.x", .policyRelated, status: [Status(7)]),
        ClassificationRule("status.1.0", .invalidRecipient, at: .recipient, status: [Status(1, 0)]),
        ClassificationRule("code.421", .transientFailure, .retry, codes: [421]),
        ClassificationRule("code.450-452", .transientFailure, .retry, codes: [450, 451, 452, 454, 455]),
        ClassificationRule("code.500-503", .protocolError, .retry, codes: [500, 502, 503]),
        ClassificationRule("code.501-504", .protocolError, codes: [501, 504]),
        ClassificationRule("code.521", .spamBlock, .suspendLane, codes: [521]),
        ClassificationRule("code.525", .inactiveMailbox, at: .recipient, codes: [525]),
        ClassificationRule("code.530", .policyRelated, codes: [530, 534, 535, 538]),
        ClassificationRule("code.550.rcpt", .uncategorized, codes: [550]),
        ClassificationRule("code.551", .noMailbox, at: .recipient, codes: [551]),
        ClassificationRule("code.552", .quotaIssues, codes: [552]),
        ClassificationRule("code.553.mail", .invalidSender, at: .sender, codes: [553]),
        ClassificationRule("code.553", .invalidMailbox, at: .recipient, codes: [553]),
        ClassificationRule("code.555", .protocolError, codes: [555]),
        ClassificationRule("code.556", .badDomain, at: .recipient, codes: [556]),
        ClassificationRule(
            "other.deferred", .transientFailure, .retry, status: [Status(2, 0), Status(3, 0)]),
        ClassificationRule("other", .uncategorized),
    ]
}
