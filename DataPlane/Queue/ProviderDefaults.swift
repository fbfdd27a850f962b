/// What is known of the large mailbox providers, as data: what each takes from a sender of good standing
/// before it begins to push back. Operators put rows of their own before these.
extension LanePolicyTable {
    package static let providerDefaults = LanePolicyTable(
        policies: mailRows.map { row in
            LanePolicy(
                id: "provider.\(row.provider)", transport: .smtp, destination: DestinationPattern(row.hosts),
                limits: LaneLimits(
                    maxConnections: row.connections, startConnections: min(row.connections, 3),
                    maxMessagesPerConnection: row.messages))
        },
        mailDefault: LanePolicy(
            id: "default.mail", transport: .smtp, destination: DestinationPattern("*"),
            limits: LaneLimits(
                maxConnections: 10, rate: Rate(count: 100, perMilliseconds: 1_000, burst: 20),
                startConnections: 5, maxMessagesPerConnection: 100)),
        webhookDefault: LanePolicy(
            id: "default.webhook", transport: .webhook, destination: DestinationPattern("*"),
            limits: LaneLimits(maxConnections: 16, startConnections: 4, maxMessagesPerConnection: 1_000)))

    /// Connections at the same time, and messages over each.
    private static let mailRows: [(provider: String, hosts: String, connections: Int, messages: Int)] = [
        ("google", "*.google.com", 10, 50),
        ("google", "*.googlemail.com", 10, 50),
        ("yahoo", "*.yahoodns.net", 10, 20),
        ("microsoft.consumer", "*.olc.protection.outlook.com", 10, 50),
        ("microsoft.hosted", "*.protection.outlook.com", 10, 50),
        ("microsoft.dane", "*.mx.microsoft", 10, 50),
        ("apple", "*.icloud.com", 10, 5),
        ("apple", "*.apple.com", 10, 5),
        ("comcast", "*.comcast.net", 25, 500),
        ("mimecast", "*.mimecast.com", 10, 100),
        ("proofpoint", "*.pphosted.com", 10, 50),
        ("proofpoint", "*.ppe-hosted.com", 5, 50),
        ("barracuda", "*.barracudanetworks.com", 5, 50),
        ("orange", "*.orange.fr", 2, 100),
        ("orange", "*.wanadoo.fr", 2, 100),
        ("free", "*.free.fr", 2, 50),
        ("laposte", "*.laposte.net", 2, 50),
        ("sfr", "*.sfr.fr", 2, 50),
        ("gmx", "*.gmx.net", 5, 50),
        ("webde", "*.web.de", 5, 50),
        ("ionos", "*.kundenserver.de", 5, 50),
        ("telekom", "*.t-online.de", 3, 50),
        ("mailru", "*.mail.ru", 5, 50),
        ("yandex", "*.yandex.ru", 5, 20),
        ("tencent", "*.qq.com", 3, 10),
        ("netease", "*.netease.com", 3, 10),
        ("zoho", "*.zoho.com", 5, 50),
        ("proton", "*.protonmail.ch", 5, 50),
        ("fastmail", "*.messagingengine.com", 10, 100),
        ("kpn", "*.kpnmail.nl", 4, 50),
        ("seznam", "*.seznam.cz", 5, 50),
        ("libero", "*.libero.it", 2, 50),
    ]
}
