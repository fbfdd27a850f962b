import TestSupport
import Testing

extension ClusterScenarios {
    /// No tenant sends as another.
    @Suite struct ForeignSenderTests {
        @Test func `no door takes mail of one tenant from the domain of another`() async throws {
            let cluster = try await Cluster()
            let mine = try await cluster.makeTenant("Mine", domain: "mine.example")
            let other = try await cluster.makeTenant("Other", domain: "other.example")
            let node = try await cluster.node.caller(token: mine.apiKey)
            let basic = node.with(username: mine.username, password: mine.password)

            for from in [
                "a@other.example", "a@OTHER.example", "\"a@mine.example\" <a@other.example>",
                "a@sub.other.example",
            ] {
                let ingest = try await node.post(
                    "/api/v1/messages",
                    ["from": .string(from), "to": "b@example.net", "subject": "forged", "text": "x"])
                #expect(
                    ingest.status == 403 && ingest.json["code"].text == "domain_not_verified",
                    "\(from): \(ingest.text)")
                let message: JSONValue = [
                    "from": .string(from), "to": ["b@example.net"], "subject": "forged", "text_body": "x",
                ]
                for caller in [node, basic] {
                    let send = try await caller.post("\(mine.path)/send", message)
                    #expect(
                        send.status == 403 && send.json["error"]["code"].text == "DOMAIN_NOT_VERIFIED",
                        "\(send.text)")
                    let there = try await caller.post("\(other.path)/send", message)
                    #expect(there.status == 403 || there.status == 404, "\(there.text)")
                    let bulk = try await caller.post(
                        "\(mine.path)/send-bulk", ["messages": .array([message])])
                    #expect(bulk.json["data"]["failed"].integer == 1, "\(bulk.text)")
                }
            }
            for header in ["Sender", "Resent-From", "Resent-Sender", "Return-Path", "From"] {
                let answer = try await node.post(
                    "/api/v1/messages",
                    [
                        "from": "a@mine.example", "to": "b@example.net", "subject": "forged", "text": "x",
                        "headers": [header: "a@other.example"],
                    ])
                #expect((400..<404).contains(answer.status), "\(header): \(answer.status) \(answer.text)")
            }
            try await Self.forgeBySMTP(mine, cluster)
            #expect(cluster.sink.deliveryCount == 0)
        }

        private static func forgeBySMTP(_ mine: TestTenant, _ cluster: Cluster) async throws {
            let smtps = try cluster.node.process.address(of: "smtps")
            try await TestLoops.run {
                let client = try await SMTPClient(connectingTo: smtps)
                try await client.stream.startTLS(
                    client: .init(verify: .none), serverName: nil, timeout: .seconds(10))
                try await client.demand(220)
                try await client.say("EHLO client.test", demand: 250)
                #expect(
                    try await client.authenticate(username: mine.username, password: mine.password)?.code
                        == 235)
                let (own, foreign) = ("a@mine.example", "a@other.example")
                let forged: [(String, String)] = [
                    (foreign, "From: \(foreign)\r\n"), (own, "From: \(foreign)\r\n"),
                    (foreign, "From: \(own)\r\n"),
                    (own, "From: \(own)\r\nSender: \(foreign)\r\n"), (own, "From: \(own), \(foreign)\r\n"),
                    (own, "From: \(own)\r\nFrom: \(foreign)\r\n"), (own, "From : \(foreign)\r\n"),
                    (own, "From: team: \(foreign), \(own);\r\n"), ("", "From: \(foreign)\r\n"),
                    (own, "From: \(own)\r\nResent-From: \(foreign)\r\n"),
                ]
                for (envelope, header) in forged {
                    let reply = try await client.send(
                        "\(header)To: b@example.net\r\nSubject: forged\r\n\r\nx\r\n", from: envelope,
                        to: ["b@example.net"])
                    #expect(
                        reply == nil || reply?.isPermanent == true,
                        "\(envelope) \(header): \(String(describing: reply))")
                    try await client.say("RSET", demand: 250)
                }
            }
        }
    }
}
