/// Not now, or not so much: greylists and throttles. These come first, because their texts are often sent
/// with codes of permanent failures.
extension ClassificationRule {
    static let waiting: [ClassificationRule] = [
        ClassificationRule(
            "greylist", .greylisted, .retry,
            saying: [
                "greylist", "graylist", "grey list", "gray list", "postgrey", "sqlgrey", "graue liste",
                "liste grise", "lista gris", "灰名单", "серый список", "серого списка", "please come back in",
                "first time sender", "retry your delivery", "are unknown to us .. retry",
                "first contact .. try again", "unfamiliar sender", "try again .. first time",
            ])
    ]

    static let throttling: [ClassificationRule] = [
        ClassificationRule(
            "quota.mailbox.message-count", .quotaIssues,
            saying: [
                "too many messages on", "allowed message count", "number of messages allowed",
                "allowed number of messages", "too many messages in", "too many messages are in",
                "contains too many messages", "maximum number of messages in",
            ]),
        ClassificationRule(
            "throttle.recipient", .rateLimited, .slowLane, .slowLane,
            saying: [
                "receivingrate", "receiving mail at a rate", "receiving mail too quickly",
                "receiving too many messages", "receiving mail too fast", "message receive limit",
                "recipient .. rate limit", "recipient has exceeded",
            ]),
        ClassificationRule(
            "throttle.connections", .rateLimited, .slowLane, .slowLane,
            saying: [
                "concurrent session", "session limit", "connection slots", "too many connection",
                "too many concurrent", "too many simultaneous", "too many sessions",
                "too many open connections", "too many smtp", "too many tcp", "too many parallel",
                "connection limit", "connections limit", "connection rate", "connection frequency",
                "connection count", "concurrency limit", "concurrent connection", "connections per",
                "concurrent limit", "simultaneous connection", "maximum connection",
                "max number of connections", "limit .. connections", "sender thread limit",
                "exceeded .. connections", "trop de connexions", "zu viele verbindungen",
                "zu viele gleichzeitige", "demasiadas conexiones", "troppe connessioni", "muitas conexoes",
                "te veel verbindingen", "zbyt wiele polaczen", "слишком много соединений",
                "слишком много подключений", "连接数", "并发连接", "同時接続", "hl icc", "hl ifc", "mi dmc", "mi cel",
            ]),
        ClassificationRule(
            "throttle.deferred-sender", .rateLimited, .suspendLane, .suspendLane,
            saying: [
                "message|messages|mail from .. temporarily deferred", "will be permanently deferred",
                "all messages from .. deferred", "retrying will not succeed",
                "temporarily deferred .. complaints", "temporarily rate limited due to",
                "temporarily deferred .. unexpected volume", "deferred due to user complaints", "tss0",
                "tss1",
            ]),
        ClassificationRule(
            "throttle.exchange-online", .rateLimited, .slowLane, .slowLane, codes: [421, 450, 451],
            status: [Status(7, 500...649)]),
        ClassificationRule(
            "throttle.rate", .rateLimited, .slowLane, .slowLane,
            saying: [
                "exceeded .. allowance|hourly|daily", "too many .. mails|messages|emails",
                "messages|mails|emails|recipients|connections .. per hour|per minute|per day|per second",
                "unusual amount", "unusual volume", "amount of mail", "unfortunately some messages",
                "too many same", "rate limit", "ratelimit", "rate exceed", "rate too high",
                "rate is too high", "message rate", "sending rate", "mail rate", "delivery rate",
                "exceeded .. rate", "unusual rate", "too many message ", "too many mail ", "too many email ",
                "too many deliveries", "too many transactions", "too much mail", "too much email",
                "too much traffic", "too fast", "too quickly", "too frequent", "too many requests", "throttl",
                "slow down", "slowdown", "excessive volume", "unexpected volume", "abusive volume",
                "high volume", "volume of mail", "volume of email", "message volume", "frequency limit",
                "per hour and per day", "limits for how many", "sent too many", "sending too many",
                "sending limit", "send limit", "sending quota", "outgoing limit", "daily limit",
                "hourly limit", "message limit exceed", "within the last hour", "limit of messages",
                "too many errors", "too many invalid recipients", "too many unknown", "too many bad",
                "too many failures", "too many failed", "too many spams from your",
                "too many recipients .. short", "too many recipients from", "too many recipients .. per",
                "temporarily limited", "volume .. exceed", "trop de messages", "trop de mails",
                "zu viele nachrichten", "zu viele mails", "zu viele e mails", "zu schnell",
                "demasiados mensajes", "demasiados correos", "troppi messaggi", "muitas mensagens",
                "te veel berichten", "zbyt wiele wiadomosci", "слишком много писем",
                "слишком много сообщений", "слишком часто", "превышен лимит отправки", "превышена частота",
                "频率", "頻率", "发送过快", "発信数", "送信数",
            ]),
    ]
}
