/// About the message: viruses, spam, attachments, form, size. A virus or spam verdict bounces; the same
/// message will not be liked better later.
extension ClassificationRule {
    static let content: [ClassificationRule] = [
        ClassificationRule(
            "route.loop", .routingErrors,
            saying: [
                "mailloop", "loop count", "best preference mx", "mx .. local host", "lowest numbered mx",
                "dns loop", "received header", "too many hops", "mail loop", "loop detected", "hop count",
                "loops back", "routing loop", "too many received", "message loop", "mail forwarding loop",
                "looping", "max hops", "maximum hop", "boucle de", "mailschleife", "too many loops",
                "local configuration error",
            ]),
        ClassificationRule(
            "content.virus", .virusRelated,
            saying: [
                "rejected due to security polic", "security policies", "virus", "malware", "trojan",
                "malicious", "eicar", "ransomware", "clamav", "viren", "infiziert", "infecte", "infectado",
                "infetto", "malveillant", "schadcode", "schadsoftware", "вирус", "病毒", "ウイルス", "바이러스",
                "potential security issue", "security risk", "exploit", "p blockedmessage",
            ]),
        ClassificationRule(
            "content.attachment", .contentRelated,
            saying: [
                "attachment .. not allowed|not permitted|prohibit|reject|block|restrict|type|denied|forbid",
                "attachment .. not accept|unaccept|filter|count|banned|danger|too long|too large|removed",
                "restricted|prohibited|forbidden|banned|blocked|unacceptable .. attachment",
                "dangerous|illegal|unsafe|suspicious|executable|with|invalid .. attachment",
                "password protected", "invalid content", "banned content", "file type", "filetype",
                "file extension", "executable", "banned file", "prohibited file", "blocked file", "mime type",
                "dangerous file", "anhang", "piece jointe", "adjunto", "allegato", "anexo", "bijlage",
                "zalacznik", "вложени", "附件", "添付",
            ]),
        ClassificationRule(
            "message.too-large", .contentRelated, .bounce, .bounce,
            saying: [
                "message|mail|email|body|attachment|size .. too large|too big|exceeds the limit",
                "message|mail|email|body|attachment|size .. exceeds max|exceeds size",
                "message|mail|email|body|attachment|size .. exceeds our|exceeds your",
                "too large|too big .. message|mail|size", "大小", "message is too long", "message too long",
                "mail too long", "mail is too long", "attachment is too long", "body too long",
                "too large for", "message size is", "message size too", "mail size", "exceeds maximum",
                "exceeds the maximum message", "exceeds size", "exceeds the size", "exceeds fixed",
                "exceeded .. message size", "exceeds .. message size", "size exceed", "size limit",
                "message exceed", "message length exceed", "maximum message size", "maximum size",
                "max message size", "maximum allowed size", "message content size", "databytes limit",
                "too large to", "too big for", "larger than", "exceeds the limit", "zu gros",
                "trop volumineux", "taille maximale", "message trop gros", "demasiado grande",
                "tamano maximo", "troppo grande", "dimensione massima", "muito grande", "tamanho maximo",
                "te groot", "zbyt duz", "cok buyuk", "слишком больш", "размер сообщения", "размер письма",
                "邮件太大", "邮件过大", "超过最大", "サイズ", "p maxsizeerror",
            ]),
        ClassificationRule(
            "content.spam", .spamContent,
            saying: [
                "advertis", "suspicious", "antispam", "antyspam", "mail rejected ofr", "as bulk", "bulkmail",
                "html tag", "quarantin", "filter reject", "filter rule", "filter process", "rejected by dcc",
                "unwanted", "words in the message", "flagged as", "detected as", "html subpart", "spam",
                "junk", "unsolicited", "bulk mail", "bulk email", "phish", "content denied",
                "content rejected", "content filter", "content restriction", "content policy",
                "suspected bounce attack", "message content", "mail content", "email content", "looks like",
                "high score", "message filtered", "filtered by", "undesirable", "bayes", "scored", "dt spm",
                "dt spi", "due to content", "content is not acceptable", "unacceptable content",
                "abuse reported", "honeypot", "unerwunscht", "indesirable", "pourriel", "no deseado",
                "no solicitado", "indesiderat", "indesejad", "ongewenst", "niechcian", "istenmeyen", "спам",
                "垃圾", "内容", "迷惑メール", "スパム", "스팸", "message was rejected due to", "header based manually",
                "rejected by header", "rejected by filter", "rejected by content", "identified as",
                "classified as",
            ]),
        ClassificationRule(
            "policy.stated", .policyRelated,
            saying: [
                "not authorized", "not authorised", "unauthorized", "unauthorised", "whitelist", "white list",
                "allow list", "allowlist", "harvest", "license", "external senders", "policy reason",
                "local policy", "policy violation", "policy restriction", "violates .. policy",
                "violation of .. policy", "policy reject", "denied by policy", "rejected by policy",
                "organization policy", "rejected due to policy", "for policy",
            ]),
        ClassificationRule(
            "message.form", .contentRelated,
            saying: [
                "required standards", "stray", "protocol violation", "nul character", "null character",
                "syntax error in message", "rfc ", "missing a valid message id", "message id header",
                "bare lf", "bare cr", "lone cr", "lone lf", "bare newline", "bare line", "linefeed",
                "line too long", "line length", "lines too long", "headers too large", "header too large",
                "header too long", "duplicate header", "multiple from", "addresses in from", "from header",
                "header from", "missing header", "headers are missing", "header missing", "invalid header",
                "malformed header", "malformed message", "invalid message", "bit content", "eight bit",
                "bit data", "badly formed", "not compliant", "non compliant", "invalid characters",
                "invalid date", "date header", "no subject", "empty message", "blank subject", "mime error",
                "bad mime", "message format", "lacks a",
            ]),
    ]

    /// About systems that do not work for now, or routes and dialogues that fail.
    static let failures: [ClassificationRule] = [
        // Only the sender asks for it, and a host that cannot do it does not learn it in time.
        ClassificationRule("tls.requiretls", .tlsFailure, saying: ["requiretls"]),
        ClassificationRule(
            "tls.required", .tlsFailure, .retry,
            saying: [
                "starttls", "tls required", "requires tls", "require tls", "tls is required", "without tls",
                "must use tls", "encryption required", "encryption needed", "encryption is required",
                "requires encryption", "tls not available", "tls handshake", "tls connection",
                "not sent over tls", "tls negotiation", "tls session", "sts policy", "dane ", "tlsa",
                "certificate",
            ]),
        ClassificationRule(
            "recipients.too-many", .tooManyRecipients, .retry,
            saying: [
                "too many recipient", "too many rcpt", "recipient limit", "recipients limit",
                "recipients exceed", "maximum recipients", "number of recipients", "trop de destinataires",
                "zu viele empfanger", "demasiados destinatarios", "troppi destinatari",
                "muitos destinatarios", "слишком много получателей", "rp rcl",
            ]),
        ClassificationRule(
            "connection.failed", .connectionFailure, .retry,
            saying: [
                "timeout exceeded .. connection", "connect timeout", "smtp timeout", "host .. timeout",
                "connection refused", "connection rejected", "lost connection", "connection with .. lost",
                "tls connect failed", "receiving the initial server greeting", "connect successfully",
                "destination mail server .. connect", "connection timeout", "connecttimeout",
                "connection reset", "connection lost", "connection closed", "connection broken",
                "connection died", "connection failed", "timed out", "time out", "host is down",
                "no route to host", "not reachable", "unreachable", "did not accept our requests to connect",
                "network error", "not responding", "no response", "no answer from", "unable to connect",
                "could not connect", "couldnt connect", "cant connect", "cannot connect", "failed to connect",
                "establish an smtp connection", "all attempts to connect", "no hosts available",
                "delivery temporarily suspended", "keine verbindung", "connexion impossible",
            ]),
        ClassificationRule(
            "dns.failed", .dnsFailure, .retry,
            saying: [
                "dns .. timed out|timeout|fail", "cname lookup", "temporary dns", "name service error",
                "hostname lookup", "dns error", "dns lookup", "dns query", "dns server", "dns problem",
                "mx lookup", "name server .. fail", "name lookup", "lookup of .. responded", "unresolvable",
                "could not be resolved", "cannot be resolved", "servfail", "no ip address", "name resolution",
            ]),
        ClassificationRule(
            "message.expired", .messageExpired,
            saying: [
                "message too old", "queue too long", "not be delivered for", "delivery failed .. attempts",
                "attempts .. failed", "retry time", "message timeout", "time in queue", "been in the queue",
                "too long in queue", "unable to deliver .. days", "could not be delivered .. days",
                "could not be delivered .. hours", "undeliverable for", "attempted .. days", "giving up",
                "been retrying", "lifetime", "max retry", "retries exceeded", "cannot send message for",
                "could not send message for", "not been collected", "undelivered for", "gave up", "expire",
            ]),
        ClassificationRule(
            "system.busy", .transientFailure, .retry,
            saying: [
                "ldap .. error|timeout|unavailable|down",
                "service|server|system|host|resource .. currently unavailable",
                "resources .. not available|unavailable", "time limit exceeded", "mailbox busy",
                "upstream error", "queue unavailable", "dot lock", "in progress", "try later", "try again",
                "please retry", "retry later", "come back later", "resend your message at a later",
                "at a later time", "system not accepting", "not accepting network messages",
                "not accepting messages", "service unavailable", "service not available",
                "service is unavailable", "server busy", "server is busy", "system busy", "system is busy",
                "too busy", "are busy", "overload", "high load", "load too high", "load average",
                "insufficient system", "insufficient disk", "insufficient storage", "insufficient resources",
                "space shortage", "disk full", "file system full", "filesystem full", "system resources",
                "out of memory", "system storage", "local error in processing", "local problem",
                "lookup failure", "internal error", "internal software error", "internal resource",
                "server error", "server configuration problem", "server configuration error", "system error",
                "unexpected error", "unknown error", "temporarily", "temporary", "server is down",
                "shutting down", "shut down", "closing transmission", "closing connection", "maintenance",
                "backend", "database", "queue file write", "i o error", "scanner", "spater erneut",
                "spater noch", "spaeter erneut", "voruber", "plus tard", "temporairement", "mas tarde",
                "temporalmente", "mais tarde", "temporariamente", "piu tardi", "temporaneamente",
                "later opnieuw", "tijdelijk", "pozniej", "tymczasow", "daha sonra", "gecici", "позже",
                "временно", "временная ошибка", "稍后", "稍後", "暂时", "系统忙", "系统繁忙", "一時的", "しばらく", "나중에", "일시적",
            ]),
    ]
}
