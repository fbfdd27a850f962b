/// Relaying, lists and reputation. What is about the address that we send from stops the lane and leaves the
/// message for later or for another source, whatever the code says; what is about the sender's domain, its
/// links or a list of the recipient's own bounces.
extension ClassificationRule {
    static let relaying: [ClassificationRule] = [
        ClassificationRule(
            "relay.denied", .relayDenied,
            saying: [
                "openrelay", "relay|relaying .. denied|rejected|refused|not allowed|not permitted|prohibited|forbidden|disallow|disabled", "denies|deny|denied|refuse|refusing|prohibit .. relay", "not a gateway", "only allowed with authentication", "requires authentication when", "handle mail for that domain", "authentication .. relay", "non local e mail", "non local domain",
                "relay access denied", "relaying denied", "relay denied", "relay not permitted",
                "relaying not permitted", "relay not allowed", "relaying not allowed", "relay prohibited",
                "relaying prohibited", "relaying is prohibited", "relay is prohibited", "relay operation",
                "unable to relay", "cannot relay", "can not relay", "cant relay", "not permitted to relay",
                "not allowed to relay", "allowed to be relayed", "we do not relay", "we dont relay",
                "no relaying", "relaying mail", "relay rejected", "relay refused", "relaying disabled",
                "relaying disallowed", "not a relay", "open relay", "third party relay", "mail relay",
                "prohibited to relay", "non accepted domain", "not a mail exchanger", "allowed rcpthosts",
                "my list of allowed", "domain isnt in my list", "is not a local domain", "not a local domain",
                "not a hosted domain", "domain is not hosted", "domain not hosted", "not one of our domains",
                "domain not handled", "do not accept mail for", "not accept mail for this domain",
                "dont accept mail for", "not configured .. domain", "we dont handle mail for",
                "relais refuse", "relais interdit", "relayage", "relaying nicht", "weiterleitung nicht erlaubt",
                "kein relaying", "reenvio no permitido", "relay no permitido", "relay non consentito",
                "relay negado", "релей запрещен", "пересылка запрещена", "转发被拒绝", "不允许转发", "中继",
                 "mail for .. not accepted here", "system is not configured",
            ])
    ]

    static let lists: [ClassificationRule] = [
        ClassificationRule(
            "list.content", .spamContent,
            saying: [
                "black listed url", "url|urls|uri|link|links|domain in .. listed|blacklist|black list|blocklist|blocked|reject", "blocking url", "contained a url", "contains a url",
                "surbl", "uribl", "ubelist", "dbl spamhaus", "spamhaus dbl", "url .. listed", "url .. blacklist",
                "url .. blocklist", "url .. blocked", "uri .. listed", "uri .. blacklist", "link .. blacklist",
                "link .. listed", "domain in message .. listed", "phishtank",
            ]),
        ClassificationRule(
            "list.host", .spamBlock, .suspendLane, .suspendLane,
            status: [Status(7, 606...649), Status(7, 650...659), Status(7, 511), Status(7, 513), Status(7, 708)]),
        ClassificationRule(
            "list.source", .spamBlock, .suspendLane, .suspendLane,
            saying: [
                "sender ip|senders ip|sending ip|source ip|client ip|connecting ip|remote ip|your ip|this ip .. blacklist|black list|block|banned|listed|reputation|denied|rejected",
                
                "ip address .. blacklist|black list|block|banned|listed|reputation",
                "ip .. blacklisted|block list|blocklist|black list",
            ]),
        ClassificationRule(
            "list.sender", .spamBlock,
            saying: [
                "by recipient", "by the recipient",
                "from this sender", "from your domain", "from your address", "sender .. black list|blacklist|block list|blocklist|blocked|banned|deny list", "black mail address",
                "sender .. blacklist", "sender .. black list", "sender .. blocklist", "sender .. block list",
                "sender .. blocked", "senders blacklist", "blocked sender", "blocked senders", "sender is block",
                "sender .. banned", "banned sender ", "sender .. on hold", "your domain .. block",
                "your domain .. blacklist", "your domain .. banned", "domain .. blacklist",
                "domain .. blocklist", "domain reputation", "reputation of the sending domain",
                "sender reputation", "reputation of .. domain", "recipients blacklist",
                "expediteur .. liste noire", "absender .. gesperrt", "absender .. blockiert",
                "remitente .. lista negra", "remitente bloqueado", "mittente .. blacklist", "mittente bloccato",
                "remetente bloqueado", "отправитель .. заблокирован", "отправитель .. черн",
                "发件人黑名单", "发件人被",
            ]),
        ClassificationRule(
            "list.known", .spamBlock, .suspendLane, .suspendLane,
            saying: [
                "spamhaus", "spamcop", "sorbs", "barracudacentral", "barracuda reputation",
                "barracudanetworks com reputation", "uceprotect", "senderscore", "sender score", "senderbase",
                "sender base", "csi cloudmark", "cloudmark sender", "invaluement", "abusix", "psbl ", "psbl",
                "mailspike", "nixspam", "backscatterer", "truncate gbudb", "gbudb", "spamrats", "lashback",
                "hostkarma", "abuseat", "manitu", "njabl", "ordb org", "mail abuse", "interserver",
                "dnsbl", "rbl ", "rbls ", "blacklist", "black list", "blocklist", "block list", "blocked list",
                "blocking list", "blackliste", "schwarze liste", "liste noire", "lista negra", "lista nera",
                "zwarte lijst", "czarn .. list", "kara liste", "черный список", "черном списке",
                "черного списка", "黑名单", "黑名單", "ブラックリスト", "블랙리스트",
                "ipcheck proofpoint", "dnsbl lookup", "blocked using", "rejected using",
            ]),
    ]

    static let reputation: [ClassificationRule] = [
        ClassificationRule(
            "list.address", .spamBlock, .suspendLane, .suspendLane,
            saying: [
                "host|server|network|client .. block list|blocklist|blacklist|black list|blocked|banned|listed",
                "your access to", "allowed to connect", "ip profile", "ips blocked", "ips .. block",
                "black ip", "ip .. black", "due to abuse", "currently blocked", "problem occurred .. ask your postmaster", 
                "your ip", "your host .. block", "your host .. reject", "your server .. block", "your server .. reject",
                "your server .. listed", "your mail server .. block", "your mail server .. reject", "your network",
                "ip address .. block", "ip address .. listed", "ip address .. reject", "ip address .. denied",
                "ip address .. banned", "ip address .. not allowed", "ip address .. reputation",
                "sending ip", "source ip", "client ip", "remote ip", "connecting ip", "this ip", "ip blocked",
                "ip .. is blocked", "ip .. has been blocked", "ip .. was blocked", "ip .. banned", "blocked ip", "ip block", "ip is block", "ip .. listed",
                "ip reputation", "poor reputation", "bad reputation", "low reputation", "reputation",
                "client host .. blocked", "client host rejected", "client .. blocked", "host .. is blocked",
                "host .. is banned", "host rejected", "host .. denied", "network .. blocked", "network .. block list",
                "anti spam system", "not accepting mail from", "mail from ip", "mail from .. blocked due",
                "connections .. will not be accepted", "connections will not be accepted", "connections not accepted",
                "connection refused by policy",   
                "not accept connections", "mail server .. blocked", "server .. blocked",
                "server is blocked", "dynamic ip", "dynamic address", "dynamic range", "dynamically",
                "dial up", "dialup", "residential", "generic hostname", "listed at", "listed by", "listed on",
                "listed in", "access to this mail system", "refused .. proofpoint", "delisting", "delist",
                "request removal", "unblock", "hl rep", "hl ipb", "hl mep", "temporarily blocked", "temporary block", "please contact your internet service provider",
                "not in whitelist", "service refuse", "service refused", "votre ip", "votre adresse ip",
                "adresse ip .. bloqu", "ihre ip", "ip adresse .. gesperrt", "ip adresse .. block", "su ip",
                "su direccion ip", "direccion ip .. bloque", "il tuo ip", "indirizzo ip", "seu ip", "endereco ip",
                "ip adres", "adres ip", "ваш ip", "вашего ip", "вашим ip", "ip адрес", "您的ip", "发信ip", "来源ip",
            ]),
    ]
}
