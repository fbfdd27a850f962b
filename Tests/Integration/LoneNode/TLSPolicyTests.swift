import EventLoop
import Glibc
import TestSupport
import Testing

/// A live node, a signing name server, a validating resolver, and mail hosts that offer no TLS.
@Suite struct TLSPolicyTests {
    private static let zone = """
        $ORIGIN tls.test.
        $TTL 300
        @ SOA ns1 mail 1 3600 600 86400 77
        @ NS ns1
        ns1 A 127.0.0.1
        plain MX 10 mx.plain
        mx.plain A 127.0.0.1
        kept MX 10 mx.plain
        dane MX 10 mx.dane
        mx.dane A 127.0.0.1
        *._tcp.mx.dane TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000

        """

    @Test func `a node gives no mail in plain text where DANE or a kept policy forbids it, and says so`()
        async throws
    {
        guard let knot = try await KnotDaemon(zones: ["tls.test": Self.zone], signed: ["tls.test"]) else {
            return
        }
        let unbound = try await UnboundDaemon(
            stubs: ["tls.test": knot.port], insecure: [],
            trustAnchors: [try await knot.trustAnchor(of: "tls.test")])
        guard let unbound else { return }
        let sink = try MailSink()
        let node = try await LoneNode([
            "DISPATCH_NAME_SERVERS": "127.0.0.1:\(unbound.port)", "DISPATCH_MX_PORT": "\(sink.address.port)",
        ])
        try node.directory.write(
            """
            [{"domain":"kept.tls.test","id":"1","mode":"enforce","hosts":["mx.plain.tls.test"],\
            "maxAge":604800,"fetchedAt":\(time(nil))}]
            """, to: "node/mta-sts.json")
        let process = try await node.start()
        let caller = try await node.caller()
        for domain in ["plain", "kept", "dane"] {
            let message = node.message("to \(domain)", to: "someone@\(domain).tls.test")
            try await caller.must("POST", "/api/v1/messages", message)
        }
        for policy in ["tlsa", "sts", "no-policy-found"] {
            let name = "dispatch_tls_sessions_total{policy=\"\(policy)\",result=\"starttls-not-supported\"}"
            try await eventually("a session counted under \(policy)") {
                try await process.metric(name) == 1 ? true : nil
            }
        }
        _ = try await sink.wait(forSubject: "to plain")
        #expect(sink.copiesBySubject == ["to plain": 1])

        let metrics = try await APICaller(process.metricsURL)
        let report = try await metrics.must("GET", "/tls-report?domain=dane.tls.test")
        #expect(report["organization-name"].text == "node.test")
        let policies = report["policies"].elements
        #expect(policies.count == 1)
        #expect(policies.first?["policy"]["policy-domain"].text == "mx.dane.tls.test")
        #expect(policies.first?["summary"]["total-failure-session-count"].integer == 1)
        #expect(try await metrics.must("GET", "/tls-report")["policies"].elements.count == 3)
        #expect(try await metrics.get("/tls-report?day=2001-01-01").status == 404)
        withExtendedLifetime((knot, unbound)) {}
    }
}
