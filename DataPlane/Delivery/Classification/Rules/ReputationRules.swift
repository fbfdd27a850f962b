/// Relaying, lists and reputation. What is about the address that we send from stops the lane and leaves the
/// message for later or for another source, whatever the code says; what is about the sender's domain, its
/// links or a list of the recipient's own bounces.
extension ClassificationRule {
    static let relaying: [ClassificationRule] = [
        ClassificationRule(
            "relay.denied", .relayDenied,
            saying: [
                "relais .. refus|interdit|non autoris|verweigert",
                "relay|relaying .. denied|rejected|refused|not allowed",
                "relay|relaying .. not permitted|prohibited|forbidden|disallow|disabled",
                "denies|deny|denied|refuse|refusing|prohibit .. relay", "turn on smtp authentication",
                "enable smtp authentication", "openrelay", "not a gateway",
                "only allowed with authentication", "requires authentication when",
                "handle mail for that domain", "authentication .. relay", "non local e mail",
                "non local domain", "relay operation", "unable to relay", "cannot relay", "can not relay",
                "cant relay", "not permitted to relay", "not allowed to relay", "allowed to be relayed",
                "we do not relay", "we dont relay", "no relaying", "relaying mail", "not a relay",
                "open relay", "third party relay", "mail relay", "non accepted domain",
                "not a mail exchanger", "allowed rcpthosts", "my list of allowed", "domain isnt in my list",
                "not a local domain", "not a hosted domain", "domain is not hosted", "domain not hosted",
                "not one of our domains", "domain not handled", "do not accept mail for",
                "not accept mail for this domain", "dont accept mail for", "not configured .. domain",
                "we dont handle mail for", "relayage", "relaying nicht", "weiterleitung nicht erlaubt",
                "kein relaying", "reenvio no permitido", "relay no permitido", "relay non consentito",
                "relay negado", "релей запрещен", "пересылка запрещена", "转发被拒绝", "不允许转发", "中继",
                "mail for .. not accepted here", "system is not configured",
            ])
    ]

    static let lists: [ClassificationRule] = [
        ClassificationRule(
            "list.content", .spamContent,
            saying: [
                "blocked using spam pattern",
                "url|urls|uri|link|links|domain in .. listed|blacklist|black list|blocklist|blocked|reject",
                "black listed url", "blocking url", "contained a url", "contains a url",
                "surbl", "uribl", "ubelist", "dbl spamhaus", "spamhaus dbl", "phishtank",
            ]),
        ClassificationRule(
            "list.host", .spamBlock, .suspendLane, .suspendLane,
            status: [
                Status(7, 606...649), Status(7, 650...659), Status(7, 511), Status(7, 513), Status(7, 708),
            ]),
        ClassificationRule(
            "list.source", .spamBlock, .suspendLane, .suspendLane,
            saying: [
                "sender ip|senders ip|sending ip|source ip .. blacklist|black list|block|banned",
                "sender ip|senders ip|sending ip|source ip .. listed|reputation|denied|rejected",
                "client ip|connecting ip|remote ip|your ip|this ip .. blacklist|black list|block|banned",
                "client ip|connecting ip|remote ip|your ip|this ip .. listed|reputation|denied|rejected",
                "ip address .. blacklist|black list|block|banned|listed|reputation",
                "ip .. blacklisted|block list|blocklist|black list", "poor sender reputation",
                "poor reputation sender",
            ]),
        ClassificationRule(
            "list.sender", .spamBlock,
            saying: [
                "sender .. black list|blacklist|block list|blocklist|blocked|banned|deny list",
                "by recipient", "by the recipient", "from this sender", "from your domain",
                "from your address", "black mail address", "blocked sender", "sender is block",
                "banned sender ", "sender .. on hold", "your domain .. block", "your domain .. banned",
                "domain .. blacklist", "domain .. blocklist", "domain reputation", "sender reputation",
                "reputation of .. domain", "recipients blacklist", "expediteur .. liste noire",
                "absender .. gesperrt", "absender .. blockiert", "remitente .. lista negra",
                "remitente bloqueado", "mittente .. blacklist", "mittente bloccato", "remetente bloqueado",
                "отправитель .. заблокирован", "отправитель .. черн", "发件人黑名单", "发件人被",
            ]),
        ClassificationRule(
            "list.known", .spamBlock, .suspendLane, .suspendLane,
            saying: [
                "ivmsip", "ivmuri", "spamhaus", "spamcop", "sorbs", "barracudacentral",
                "barracuda reputation", "barracudanetworks com reputation", "uceprotect", "senderscore",
                "sender score", "senderbase", "sender base", "csi cloudmark", "cloudmark sender",
                "invaluement", "abusix", "psbl", "mailspike", "nixspam", "backscatterer", "gbudb", "spamrats",
                "lashback", "hostkarma", "abuseat", "manitu", "njabl", "ordb org", "mail abuse",
                "interserver", "dnsbl", "rbl ", "rbls ", "blacklist", "black list", "blocklist", "block list",
                "blocked list", "blocking list", "schwarze liste", "liste noire", "lista negra", "lista nera",
                "zwarte lijst", "czarn .. list", "kara liste", "черный список", "черном списке",
                "черного списка", "黑名单", "黑名單", "ブラックリスト", "블랙리스트", "ipcheck proofpoint", "blocked using",
                "rejected using",
            ]),
    ]

    static let reputation: [ClassificationRule] = [
        ClassificationRule(
            "list.address", .spamBlock, .suspendLane, .suspendLane,
            saying: [
                "host|server|network|client .. block list|blocklist|blacklist",
                "host|server|network|client .. black list|blocked|banned|listed", "dynamic pool",
                "dynamic host", "dynamic client", "your isp", "your access to", "allowed to connect",
                "ip profile", "ips .. block", "black ip", "ip .. black", "due to abuse", "currently blocked",
                "problem occurred .. ask your postmaster", "your ip", "your host .. block",
                "your host .. reject", "your server .. block", "your server .. reject",
                "your mail server .. block", "your mail server .. reject", "your network",
                "ip address .. block", "ip address .. reject", "ip address .. denied",
                "ip address .. not allowed", "sending ip", "source ip", "client ip", "remote ip",
                "connecting ip", "this ip", "ip .. has been blocked", "ip .. was blocked", "ip .. banned",
                "blocked ip", "ip block", "ip is block", "ip .. listed", "reputation", "host rejected",
                "host .. denied", "anti spam system", "not accepting mail from", "mail from ip",
                "mail from .. blocked due", "connections .. will not be accepted", "connections not accepted",
                "connection refused by policy", "not accept connections", "dynamic ip", "dynamic address",
                "dynamic range", "dynamically", "dial up", "dialup", "residential", "generic hostname",
                "listed at", "listed by", "listed on", "listed in", "access to this mail system",
                "refused .. proofpoint", "delist", "request removal", "unblock", "hl rep", "hl ipb", "hl mep",
                "temporarily blocked", "temporary block", "please contact your internet service provider",
                "not in whitelist", "service refuse", "votre ip", "votre adresse ip", "adresse ip .. bloqu",
                "ihre ip", "su ip", "su direccion ip", "direccion ip .. bloque", "il tuo ip", "indirizzo ip",
                "seu ip", "endereco ip", "ip adres", "adres ip", "ваш ip", "вашего ip", "вашим ip",
                "ip адрес", "您的ip", "发信ip", "来源ip",
            ])
    ]
}
