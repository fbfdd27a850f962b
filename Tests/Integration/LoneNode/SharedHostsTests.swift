import EventLoop
import NodeProtocol
import TestSupport
import Testing

/// A node with a real name server in which domains have hosts in common.
@Suite struct SharedHostsTests {
    private static let zone = """
        $ORIGIN hosts.test.
        $TTL 300
        @ SOA ns1 mail 1 3600 600 86400 77
        @ NS ns1
        ns1 A 127.0.0.1
        one MX 10 mx1.shared
        one MX 20 mx2.shared
        two MX 20 mx1.shared
        two MX 10 mx2.shared
        three MX 10 mx.own
        null MX 0 .
        mx1.shared A 127.0.0.1
        mx2.shared A 127.0.0.1
        mx.own A 127.0.0.1

        """

    @Test func `domains with the same hosts share a lane and its limits; those without hosts bounce`()
        async throws
    {
        guard let knot = try await KnotDaemon(zones: ["hosts.test": Self.zone]) else { return }
        let sink = try MailSink()
        let source = try SnapshotSource()
        let node = try await LoneNode([
            "DISPATCH_NAME_SERVERS": "127.0.0.1:\(knot.port)", "DISPATCH_MX_PORT": "\(sink.address.port)",
            "DISPATCH_EGRESS_ALLOWED": "127.0.0.0/8", "DISPATCH_CONTROL_URL": source.baseURL,
        ])
        try await node.start()
        let provider = Provider(
            id: "shared", hosts: ["*.shared.hosts.test"], limits: DestinationLimits(maxConnections: 1))
        #expect(try await node.push(Shaping(providers: [provider]), from: source).answer.accepted)
        let pause = SuspendCommand(destination: "*.hosts.test", reason: "look first")
        _ = try await node.asked(RestrictionView.self, "POST", QueuePaths.suspend, pause)
        let caller = try await node.caller()
        for domain in ["one", "two", "three"] {
            let message = node.message("to \(domain)", to: "someone@\(domain).hosts.test")
            try await caller.must("POST", "/api/v1/messages", message)
        }
        let lanes = try await eventually("both lanes to be known") {
            let list = try await node.asked(LaneList.self, "GET", QueuePaths.lanes).lanes
            return list.map(\.counts.queued) == [2, 1] ? list : nil
        }
        #expect(lanes.map(\.destination) == ["(mx1|mx2).shared.hosts.test", "mx.own.hosts.test"])
        #expect(lanes.map(\.provider) == ["shared", "default"])
        #expect(lanes.first?.connectionLimit == 1)
        let resume = ResumeCommand(destination: "*.hosts.test")
        _ = try await node.asked(RestrictionList.self, "POST", QueuePaths.resume, resume)
        try await sink.wait(for: 3)

        for domain in ["null", "nowhere"] {
            let message = node.message("to \(domain)", to: "someone@\(domain).hosts.test")
            let id = try #require(try await caller.must("POST", "/api/v1/messages", message)["id"].text)
            _ = try await eventually("mail to \(domain) to bounce") {
                let status = try await caller.get("/api/v1/messages/\(id)").json
                return status["status"].text == "failed" ? true : nil
            }
        }
    }
}
