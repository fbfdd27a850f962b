/// About who we say that we are: authentication of the message, its sender, and the name of our host. None
/// of it is the recipient's fault.
extension ClassificationRule {
    static let identity: [ClassificationRule] = [
        ClassificationRule(
            "message.headers", .contentRelated,
            saying: ["duplicate header", "bad header", "multiple .. headers"]),
        ClassificationRule(
            "policy.restricted-recipient", .policyRelated,
            status: [Status(7, 12), Status(7, 2), Status(7, 124), Status(7, 133...136)]),
        ClassificationRule(
            "policy.members-only", .policyRelated,
            saying: [
                "not a member .. list|group", "not accept .. external|outside ", "not a member of the",
                "not a member of this", "not a member of our", "known senders", "groups google com",
                "google groups", "requires .. to post", "internal use only", "only allowed .. internal",
                "authentication required delivery restriction", "delivery restriction check",
                "sendernotauthenticatedfor", "not authenticated when sending to", "rst authrequired",
                "rst notauthorized", "resolver rst", "only accepts .. from people in", "only members",
                "only accept mail from", "only accepts mail from", "restricted to members", "not subscribed",
                "is restricted to", "members of the group", "posting to .. not allowed", "permission to post",
                "may not exist or you may not have permission", "unauthenticated senders not allowed",
                "not allowed to send to this", "not allowed to post", "closed list", "closed mailing list",
                "moderated .. list", "isnt in the recipients list", "you are not allowed to send",
                "you are not authorized to send to",
            ]),
        ClassificationRule(
            "auth.lookup-failed", .authenticationFailed, .retry, .retry,
            saying: [
                "spf record lookup", "spf .. temperror", "spf temporary", "dkim .. temperror",
                "dmarc .. temperror", "spf .. timed out", "spf .. dns timeout", "spf lookup fail",
            ]),
        ClassificationRule(
            "auth.message", .authenticationFailed,
            saying: [
                "domainkey", "dmarc", "dkim", "spf ", "sender policy framework", "sender id pra", "openspf",
                "purported responsible address .. fail", "unauthenticated mail", "unauthenticated email",
                "unauthenticated message", "mail is unauthenticated", "message is unauthenticated",
                "sender is unauthenticated", "sender not authenticated", "authentication information",
                "authentication level", "authentication check", "authentication fail", "fails authentication",
                "failed authentication", "not pass .. authentication", "required authentication",
                "authentication policy", "authentication result", "email authentication",
                "mail authentication", "senders to authenticate", "domain authentication",
                "sender authentication", "p unauthenticated", "authentifizierung fehlgeschlagen",
                "arc validation", "arc seal",
            ]),
        ClassificationRule(
            "host.reverse-dns", .badConfiguration, .retry,
            saying: [
                "hostname lookup .. your|client", "valid reverse", "fix reverse", "reverse dns",
                "reverse host", "reverse lookup", "reverse name", "reverse address", "reverse mapping",
                "reverse ip", "reverse resol", "no reverse", "inverse dns", "ptr record", "ptr resource",
                "dns ptr", "no ptr", "ptr entry", "ptr lookup", "ptr .. missing", "missing ptr",
                "missing dns", "rdns", "fcrdns", "forward confirmed", "cannot find your host",
                "cannot find your name", "cannot resolve your", "can not resolve your",
                "couldnt resolve your", "could not resolve your", "unable to resolve your",
                "hostname .. not resolve", "host name .. not resolve", "ip .. not resolve",
                "does not resolve to", "mismatches client ip", "without a valid sender domain", "dns inverse",
                "dns inverso", "resolution inverse", "ruckwartsauflosung", "rueckwaertsaufloesung",
                "обратн .. dns", "反向解析", "逆引き", "dns .. not match", "hostname mismatch",
            ]),
        ClassificationRule(
            "sender.refused", .invalidSender,
            saying: [
                "from address .. unknown|not found|rejected|not allowed",
                "return path .. invalid|not valid|not exist|reject|unknown|not found|refuse|unresolv",
                "sender .. rejected|refused|denied|invalid|unvalidated",
                "sender .. not valid|not exist|unknown|not found|not allowed|verif",
                "invalid|unknown|bad|malformed|illegal|denies .. sender ", "remitente .. no valid",
                "verification failed", "postmaster verification", "invalid return path", "bad return path",
                "badmailfrom", "senders domain", "senders address", "sender callout", "sender address",
                "sender domain", "sender does not", "sender doesnt", "unresolvable sender", "sender is not",
                "envelope sender", "envelope from", "empty envelope", "null sender", "domain of sender",
                "domain of your sender", "reverse path", "mail from .. not valid", "mail from .. invalid",
                "mail from .. does not", "mail from command failed", "from address .. invalid",
                "from address .. not valid", "from address .. does not", "from domain",
                "your domain .. does not exist", "your address .. does not exist", "purported responsible",
                "originator", "invalid dns mx or a aaaa", "sending domain", "backscat", "mailfrom",
                "absender .. existiert nicht", "absender .. ungultig", "absender .. unbekannt",
                "absenderadresse", "absenderdomain", "adresse de lexpediteur", "expediteur .. invalide",
                "expediteur .. inconnu", "expediteur .. refuse", "remitente .. invalid",
                "remitente .. no existe", "remitente .. desconocid", "remitente rechazad", "mittente .. non",
                "mittente sconosciut", "remetente .. invalid", "remetente .. nao", "afzender .. niet",
                "afzender .. onbekend", "nadawca .. nie", "отправител .. не", "адрес отправителя", "发件人不存在",
                "发件人地址", "发信人", "发件人域名", "寄件者", "送信元アドレス", "送信者アドレス", "dt sum", "mi nrs",
            ]),
        ClassificationRule(
            "host.helo", .badConfiguration, .retry,
            saying: [
                "helohost", "ehlo command rejected", "helo name", "ehlo name", "helo host", "ehlo host",
                "helo argument", "ehlo argument", "invalid helo", "invalid ehlo", "bad helo", "bad ehlo",
                "helo .. invalid", "ehlo .. invalid", "helo .. reject", "helo .. fqdn", "forged helo",
                "fake helo", "helo string", "fully qualified hostname", "fully qualified host name",
                "helo mismatch", "helo .. does not", "helo .. not resolve",
            ]),
    ]
}
