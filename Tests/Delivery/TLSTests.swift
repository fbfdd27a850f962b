import EventLoop
import SMTPWire
import Testing

@testable import Delivery

@Suite struct TLSTests {
    private func sink(
        _ certificates: Certificates,
        _ answer: @escaping @Sendable (SMTPSink.Moment) -> SMTPSink.Step? = { _ in nil }
    ) throws -> SMTPSink {
        var script = SMTPSink.Script()
        script.tls = (certificates.certificatePEM, certificates.keyPEM)
        script.answer = answer
        return try SMTPSink(script)
    }

    @Test func `a connection is encrypted when the host offers it, and EHLO is said again`() async throws {
        let sink = try sink(try await Certificates.make())
        let delivered = try #require(try await DeliveryBench(sink.address).deliver().first?.delivered)
        #expect(delivered.host.tlsVersion == "TLSv1.3")
        #expect(!delivered.host.tlsVerified)
        #expect(sink.ledger.messages.first?.isEncrypted == true)
        #expect(sink.ledger.commands.filter { $0 == "EHLO node.test" }.count == 2)
    }

    @Test func `what an attacker puts behind the 220 of STARTTLS is not heard`() async throws {
        let sink = try sink(try await Certificates.make()) { moment in
            moment.verb == "STARTTLS" ? .say(["220 2.0.0 Ready", "250-injected", "250 AUTH PLAIN"]) : nil
        }
        let outcomes = try await DeliveryBench(sink.address).deliver()
        #expect(outcomes.first?.delivered?.host.tlsVersion == "TLSv1.3")
        #expect(sink.ledger.messages.first?.mail.contains("SIZE=") == true)
    }

    @Test func `a failed handshake leads to plain text, and for a while at once`() async throws {
        var script = SMTPSink.Script()
        script.extensions = ["PIPELINING", "STARTTLS"]
        let sink = try SMTPSink(script)
        let outcomes = try await DeliveryBench(sink.address).run { delivery in
            let first = await delivery.deliver(attempt())
            var second = attempt()
            second.lane = "another lane"
            return first + (await delivery.deliver(second))
        }
        #expect(
            outcomes.allSatisfy {
                $0.outcome.delivered?.host.tlsVersion == nil && $0.outcome.delivered != nil
            })
        #expect(sink.ledger.commands.filter { $0 == "STARTTLS" }.count == 1)
        #expect(sink.ledger.connections == 3)
    }

    @Test(arguments: ["454 4.7.0 TLS not available", "502 5.5.1 what?"])
    func `a refused STARTTLS leads to plain text on the same connection`(reply: String) async throws {
        var script = SMTPSink.Script()
        script.extensions = ["STARTTLS"]
        script.answer = { $0.verb == "STARTTLS" ? .say([reply]) : nil }
        let sink = try SMTPSink(script)
        #expect(try await DeliveryBench(sink.address).deliver().first?.delivered != nil)
        #expect(sink.ledger.connections == 1)
    }

    @Test(arguments: [TLSPolicy.encrypted, .verified(hostPatterns: [])])
    func `where TLS is mandatory nothing leaves in plain text`(policy: TLSPolicy) async throws {
        for (extensions, refusal) in [(["PIPELINING"], nil), (["STARTTLS"], nil), (["STARTTLS"], "502 no")] {
            var script = SMTPSink.Script()
            script.extensions = extensions
            if let refusal { script.answer = { $0.verb == "STARTTLS" ? .say([refusal]) : nil } }
            let sink = try SMTPSink(script)
            let deferred = try #require(
                try await DeliveryBench(sink.address).deliver(attempt(policy: policy)).first?.deferred)
            #expect(deferred.classification.category == .tlsFailure)
            #expect(deferred.classification.action == .retry)
            #expect(!sink.ledger.commands.contains { $0.hasPrefix("MAIL") })
        }
    }

    @Test func `a verified policy takes a certificate that holds, and no other`() async throws {
        let certificates = try await Certificates.make()
        let sink = try sink(certificates)
        let policy = TLSPolicy.verified(hostPatterns: [])
        var bench = DeliveryBench(sink.address)
        bench.roots = .roots(pem: certificates.authorityPEM)
        let delivered = try await bench.deliver(attempt(policy: policy)).first?.delivered
        #expect(delivered?.host.tlsVerified == true)
        bench.roots = .roots(pem: try await Certificates.make().authorityPEM)
        #expect(try await bench.deliver(attempt(policy: policy)).first?.deferred != nil)
        #expect(sink.ledger.messages.count == 1)
    }

    @Test func `a host that is not in the MTA-STS policy is not talked to`() async throws {
        let sink = try sink(try await Certificates.make())
        let policy = TLSPolicy.verified(hostPatterns: ["*.elsewhere.test"])
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt(policy: policy))
        #expect(outcomes.first?.deferred?.classification.category == .tlsFailure)
        #expect(sink.ledger.connections == 0)
    }

    @Test func `a pattern's wildcard stands for one label`() {
        let policy = TLSPolicy.verified(hostPatterns: ["*.example.com", "mx.example.net"])
        #expect(policy.names(host: "mx.example.com"))
        #expect(policy.names(host: "MX.Example.NET"))
        #expect(!policy.names(host: "a.mx.example.com"))
        #expect(!policy.names(host: "example.com"))
    }

    @Test func `REQUIRETLS is asked for, and bounces where it is not understood`() async throws {
        let sink = try sink(try await Certificates.make())
        var attempt = attempt()
        attempt.envelope.requiresTLS = true
        let outcomes = try await DeliveryBench(sink.address).deliver(attempt)
        #expect(outcomes.first?.bounced?.reply.status == EnhancedStatusCode(5, 7, 30))
        #expect(sink.ledger.messages.isEmpty)
    }
}
