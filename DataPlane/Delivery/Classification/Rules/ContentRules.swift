/// About the message: viruses, spam, attachments, form, size. A virus or spam verdict bounces; the same
/// message will not be liked better later.
extension ClassificationRule {
    static let content: [ClassificationRule] = [
        ClassificationRule(
            "route.loop", .routingErrors,
            saying: [
                "loop count", "is looping", "looping message", "best preference mx", "mx .. local host", "lowest numbered mx", "dns loop", "received header",
                "too many hops", "mail loop", "loop detected", "hop count", "loops back", "routing loop",
                "too many received", "message loop", "mail loops", "mail forwarding loop", "looping",
                "max hops", "maximum hop", "boucle de", "mailschleife", "too many loops", "local configuration error",
            ]),
        ClassificationRule(
            "content.virus", .virusRelated,
            saying: [
                "rejected due to security polic", "security policies",
                "virus", "malware", "trojan", "infected", "malicious", "eicar", "ransomware", "clamav",
                "viren", "infiziert", "infecte", "infectado", "infetto", "malveillant", "schadcode",
                "schadsoftware", "вирус", "病毒", "ウイルス", "바이러스", "potential security issue",
                "security risk", "exploit", "p blockedmessage",
            ]),
        ClassificationRule(
            "content.attachment", .contentRelated,
            saying: [
                "password protected", "invalid content", "banned content",
                "attachment .. not allowed|not permitted|prohibit|reject|block|restrict|type|denied|forbid|not accept|unaccept|filter|count|banned|danger|too long|too large|removed",
                "restricted|prohibited|forbidden|banned|blocked|unacceptable|dangerous|illegal|unsafe|suspicious|executable|with|invalid .. attachment",
                "file type", "filetype", "file extension", "executable", "banned file", "banned content",
                "prohibited file", "blocked file", "mime type", "dangerous file", "anhang", "anhange", "piece jointe",
                "archivo adjunto", "adjunto", "allegato", "anexo", "bijlage", "zalacznik", "вложени", "附件", "添付",
            ]),
        ClassificationRule(
            "message.too-large", .contentRelated, .bounce, .bounce,
            saying: [
                "message|mail|email|body|attachment|size .. too large|too big|exceeds the limit|exceeds max|exceeds size|exceeds our|exceeds your", "message is too long", "message too long", "mail too long", "mail is too long", "attachment is too long", "body too long",
                 "message larger than", "too large|too big .. message|mail|size",
                "message too large", "message too big", "message is too large", "message is too big", "too large for",
                "message was too large", "mail too large", "mail too big", "email too large", "e mail too large",
                "message size exceed", "message size is", "message size limit", "message size too", "mail size",
                "exceeds the maximum size", "exceeds maximum", "exceeds the maximum message", "exceeds size",
                "exceeds the size", "exceeds fixed", "exceeded maximum .. size", "exceeded .. message size",
                "exceeds .. size limit", "exceeds .. message size", "exceed .. size limit", "size exceed",
                "size limit", "message exceed", "message length exceed", "maximum message size",
                "maximum size", "max message size", "maximum allowed size", "message content size",
                "message file too big", "body too large", "databytes limit", "too large to", "too big for",
                "larger than", "exceeds the limit", "nachricht zu gros", "nachricht ist zu gros", "zu gros",
                "zu gross", "message trop volumineux", "trop volumineux", "taille maximale", "message trop gros",
                "mensaje demasiado grande", "demasiado grande", "tamano maximo", "messaggio troppo grande",
                "troppo grande", "dimensione massima", "mensagem muito grande", "muito grande", "tamanho maximo",
                "te groot", "zbyt duz", "cok buyuk", "слишком больш", "размер сообщения", "размер письма",
                "邮件太大", "邮件过大", "超过最大", "サイズ", "p maxsizeerror",
            ]),
        ClassificationRule(
            "content.spam", .spamContent,
            saying: [
                "antispam", "antyspam", "mail rejected ofr",
                "as bulk", "bulkmail", "html tag", "quarantin", "filter reject", "filter rule", "filter process", "rejected by dcc", "unwanted", "words in the message", "flagged as", "detected as", "html subpart",
                "spam", "junk", "unsolicited", "bulk mail", "bulk email", "phish", "content denied",
                "content rejected", "content filter", "content restriction", "content policy", "suspicious content",
                "suspicious message", "suspected bounce attack", "message content", "message looks like",
                "mail content", "email content", "looks like", "high score", "message filtered",
                "filtered by", "undesirable", "bayes", "unwanted", "scored", "p unsolicited", "dt spm",
                "dt spi", "due to content", "content is not acceptable", "unacceptable content",
                "abuse reported", "honeypot", "unerwunscht", "courrier indesirable", "indesirable",
                "pourriel", "no deseado", "no solicitado", "indesiderat", "indesejad", "ongewenst", "niechcian",
                "istenmeyen", "спам", "垃圾邮件", "垃圾郵件", "垃圾", "内容", "迷惑メール", "スパム", "스팸",
                "message was rejected due to", "header based manually", "rejected by header", "rejected by filter",
                "rejected by content", "identified as", "classified as",
            ]),
        ClassificationRule(
            "policy.stated", .policyRelated,
            saying: [
                "recipient address rejected access denied",
                "policy reason", "local policy", "policy violation", "policy restriction", "violates .. policy",
                "violation of .. policy", "policy reject", "denied by policy", "rejected by policy", "organization policy",
                "rejected due to policy", "for policy",
            ]),
        ClassificationRule(
            "message.form", .contentRelated,
            saying: [
                "required standards", "stray", "protocol violation", "nul character", "null character", "syntax error in message",
                "rfc ", "not rfc compliant", "missing a valid message id", "message id header", "bare lf",
                "bare cr", "lone cr", "lone lf", "bare newline", "bare line", "linefeed", "line too long",
                "line length", "lines too long", "headers too large", "header too large", "header too long", "duplicate header",
                "multiple from", "addresses in from", "from header", "header from", "missing header", "headers are missing", "header missing",
                "invalid header", "malformed header", "malformed message", "invalid message",
                "bit content", "eight bit", "bit data", "badly formed", "not compliant", "non compliant",
                "invalid characters", "invalid date", "date header", "no subject", "empty message",
                "blank subject", "mime error", "bad mime", "message format", "lacks a",
            ]),
    ]

    /// About systems that do not work for now, or routes and dialogues that fail.
    static let failures: [ClassificationRule] = [
        ClassificationRule(
            "tls.required", .tlsFailure, .retry,
            saying: [
                "starttls", "tls required", "requires tls", "require tls", "tls is required", "without tls",
                "must use tls", "encryption required", "encryption needed", "encryption is required",
                "requires encryption", "tls not available", "tls handshake", "tls connection", "not sent over tls",
                "tls negotiation", "requiretls", "tls session", "sts policy", "dane ", "tlsa", "certificate",
            ]),
        ClassificationRule(
            "recipients.too-many", .tooManyRecipients, .retry,
            saying: [
                "too many recipient", "too many rcpt", "recipient limit", "recipients limit", "recipients exceed",
                "maximum recipients", "number of recipients", "trop de destinataires", "zu viele empfanger",
                "demasiados destinatarios", "troppi destinatari", "muitos destinatarios", "слишком много получателей", "rp rcl",
            ]),
        ClassificationRule(
            "connection.failed", .connectionFailure, .retry,
            saying: [
                "timeout exceeded .. connection", "connect timeout", "smtp timeout", "host .. timeout",
                "connection refused", "connection rejected",
                "lost connection", "connection with .. lost", "tls connect failed", "receiving the initial server greeting", "connect successfully", "destination mail server .. connect",
                "connection timed out", "connection time out", "connection timeout", "operation timed out",
                "connecttimeout", "connection reset", "connection lost", "lost connection",
                "connection closed", "connection broken", "connection died", "connection failed",
                "conversation .. timed out", "timed out",  "time out", "host is down",
                "no route to host", "network is unreachable", "network unreachable", "host unreachable",
                "not reachable", "unreachable", "did not accept our requests to connect", "network error",
                "not responding", "no response", "no answer from", "unable to connect",
                "could not connect", "couldnt connect", "cant connect", "cannot connect", "failed to connect",
                "establish an smtp connection", "all attempts to connect", "no hosts available",
                "delivery temporarily suspended", "keine verbindung", "connexion impossible",
            ]),
        ClassificationRule(
            "dns.failed", .dnsFailure, .retry,
            saying: [
                "cname lookup", "dns .. timed out|timeout|fail", "temporary dns",
                "name service error", "host name lookup", "hostname lookup", "dns error", "dns lookup",
                "dns failure", "dns query", "dns server", "dns timeout", "dns problem", "mx lookup",
                "name server .. fail", "name lookup", "lookup of .. responded",
                "unresolvable", "could not be resolved", "cannot be resolved", "servfail", "no ip address",
                "name resolution",
            ]),
        ClassificationRule(
            "message.expired", .messageExpired,
            saying: [
                "message too old", "queue too long", "not be delivered for", "retry time not reached", "delivery failed .. attempts", "attempts .. failed",
                "message expired", "delivery time expired", "queue expired", "retry time", "retry timeout",
                "message timeout", "time in queue", "been in the queue", "too long in queue", "unable to deliver .. days",
                "could not be delivered .. days", "could not be delivered .. hours", "undeliverable for",
                "attempted .. days", "giving up", "been retrying", "delivery expired", "message has expired",
                "lifetime", "max retry", "retries exceeded", "cannot send message for", "could not send message for",
                "not been collected", "undelivered for", "gave up", "expire",
            ]),
        ClassificationRule(
            "system.busy", .transientFailure, .retry,
            saying: [
                "ldap .. error|timeout|unavailable|down",
                "service|server|system|host|resource .. currently unavailable",
                "time limit exceeded", "mailbox busy", "upstream error", "resources .. not available|unavailable", "queue unavailable", "dot lock", "in progress",
                "try again later", "try later", "try again", "please retry", "retry later", "come back later",
                "please try later", "resend your message at a later", "at a later time",
                "system not accepting", "not accepting network messages", "not accepting messages", "service unavailable",
                "service not available", "service is unavailable", "service .. currently unavailable",
                "service temporarily", "temporarily unavailable", "temporarily unable", 
                "temporarily rejected", "temporarily deferred", "temporarily disabled", "temporarily refused", "temporary rejection",
                "server busy", "server is busy", "system busy", "system is busy", "too busy", "are busy",
                "is overloaded", "overload", "high load", "load too high", "load average",
                "insufficient system", "insufficient disk", "insufficient storage", "insufficient resources",
                "space shortage", "disk full", "file system full", "filesystem full", "resources temporarily",
                "system resources", "out of memory", "resource temporarily", "system storage",
                "local error in processing", "local problem", "lookup failure", "internal error",
                "internal server error", "internal software error", "internal resource", "server error", "server configuration problem",
                "server configuration error", "system error", "unexpected error", "unknown error", "temporary failure", "temporary error", "temporary problem",
                "temporary system", "temporary local", "temporarily", "temporary", "server is down", "shutting down", "shut down", "closing transmission",
                "closing connection", "maintenance", "backend", "database",  "queue file write", "i o error",
                "content scanner", "scanner", "spater erneut", "spater noch", "spaeter erneut", "voruber",
                "plus tard", "temporairement", "mas tarde", "temporalmente", "mais tarde", "temporariamente",
                "piu tardi", "temporaneamente", "later opnieuw", "tijdelijk", "pozniej", "tymczasow",
                "daha sonra", "gecici", "позже", "временно", "временная ошибка", "稍后", "稍後", "暂时", "系统忙", "系统繁忙",
                "一時的", "しばらく", "나중에", "일시적",
            ]),
    ]
}
