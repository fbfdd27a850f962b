extension Shaping {
    /// The provider that holds where no other does, and the pool of everything that names no other.
    package static let defaultID = "default"

    /// What is known of the large mailbox providers without anybody having said it: what each takes from a
    /// sender of good standing before it begins to push back, what its replies ask for, and a warm-up for new
    /// addresses. A row of an operator with the same id replaces the one here.
    package static let builtIn = Shaping(
        providers: providerRows.map { row in
            Provider(
                id: row.id, hosts: row.hosts,
                limits: DestinationLimits(
                    maxConnections: row.connections, maxMessagesPerConnection: row.messages,
                    messagesPerSecond: large.contains(row.id) ? 1_000 : nil))
        } + [
            Provider(
                id: defaultID, hosts: ["*"],
                limits: DestinationLimits(
                    maxConnections: 10, maxMessagesPerConnection: 100, messagesPerSecond: 100))
        ],
        rules: builtInRules, warmUps: [standardWarmUp])

    /// Connections at the same time, and messages over each.
    private static let providerRows: [(id: String, hosts: [String], connections: Int, messages: Int)] = [
        ("google", ["*.google.com", "*.googlemail.com"], 10, 50),
        ("yahoo", ["*.yahoodns.net"], 10, 20),
        ("microsoft.consumer", ["*.olc.protection.outlook.com"], 10, 50),
        ("microsoft.hosted", ["*.protection.outlook.com"], 10, 50),
        ("microsoft.dane", ["*.mx.microsoft"], 10, 50),
        ("apple", ["*.icloud.com", "*.apple.com"], 10, 5),
        ("comcast", ["*.comcast.net"], 25, 500),
        ("mimecast", ["*.mimecast.com"], 10, 100),
        ("proofpoint", ["*.pphosted.com"], 10, 50),
        ("proofpoint.essentials", ["*.ppe-hosted.com"], 5, 50),
        ("barracuda", ["*.barracudanetworks.com"], 5, 50),
        ("orange", ["*.orange.fr", "*.wanadoo.fr"], 2, 100),
        ("free", ["*.free.fr"], 2, 50),
        ("laposte", ["*.laposte.net"], 2, 50),
        ("sfr", ["*.sfr.fr"], 2, 50),
        ("gmx", ["*.gmx.net"], 5, 50),
        ("webde", ["*.web.de"], 5, 50),
        ("ionos", ["*.kundenserver.de"], 5, 50),
        ("telekom", ["*.t-online.de"], 3, 50),
        ("mailru", ["*.mail.ru"], 5, 50),
        ("yandex", ["*.yandex.ru"], 5, 20),
        ("tencent", ["*.qq.com"], 3, 10),
        ("netease", ["*.netease.com"], 3, 10),
        ("zoho", ["*.zoho.com"], 5, 50),
        ("proton", ["*.protonmail.ch"], 5, 50),
        ("fastmail", ["*.messagingengine.com"], 10, 100),
        ("kpn", ["*.kpnmail.nl"], 4, 50),
        ("seznam", ["*.seznam.cz"], 5, 50),
        ("libero", ["*.libero.it"], 2, 50),
    ]

    /// What connections allow is enough of a limit for them.
    private static let large: Set<String> = [
        "google", "yahoo", "microsoft.consumer", "microsoft.hosted", "microsoft.dane", "apple",
    ]

    /// Careful with those who watch new addresses most; two to three weeks until it is warm.
    private static let standardWarmUp = WarmUpPlan(
        id: "standard",
        groups: [
            .init(provider: "google", firstDay: 100, growth: 1.4, warmAt: 100_000),
            .init(provider: "microsoft.consumer", firstDay: 50, growth: 1.4, warmAt: 50_000),
            .init(provider: "microsoft.hosted", firstDay: 100, growth: 1.4, warmAt: 50_000),
            .init(provider: "yahoo", firstDay: 50, growth: 1.4, warmAt: 50_000),
            .init(provider: "apple", firstDay: 50, growth: 1.4, warmAt: 20_000),
            .init(provider: nil, firstDay: 500, growth: 1.5, warmAt: 200_000),
        ])
}
