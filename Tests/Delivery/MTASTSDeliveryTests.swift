import EventLoop
import FoundationEssentials
import HTTPClient
import TestSupport
import Testing

@testable import Delivery

/// Mail under MTA-STS: a real host with real certificates, and what is reported of it.
@Suite struct MTASTSDeliveryTests {
    private struct Bench: Sendable {
        var policies: STSBench
        let book: TLSReportBook
        let sink: SMTPSink

        init(
            _ text: String, host certificates: Certificates? = nil, stripsTLS: Bool = false
        ) async throws {
            policies = try await STSBench(text)
            var script = SMTPSink.Script()
            let own = certificates ?? policies.certificates
            if !stripsTLS { script.tls = (own.certificatePEM, own.keyPEM) }
            sink = try SMTPSink(script)
            policies.lookup.set(mail: ["mx.sts.test"], of: "sts.test")
            policies.lookup.set(address: "127.0.0.1", of: "mx.sts.test")
            book = TLSReportBook(now: policies.clock.now)
        }

        func deliver(
            _ change: @escaping @Sendable (inout DeliveryAttempt) -> Void = { _ in },
            trusting roots: [UInt8]? = nil
        ) async throws -> Outcome? {
            let roots = roots ?? policies.certificates.authorityPEM
            return try await TestLoops.client.run { [self] in
                var settings = DeliverySettings(clientName: "node.test")
                settings.timeouts = SMTPTimeouts(all: .seconds(10))
                let selector = MXSelector(
                    lookup: policies.lookup, egressGuard: policies.egressGuard, port: sink.address.port)
                let delivery = MailDelivery(
                    on: TestLoops.client, settings: settings, selector: selector,
                    contexts: try MailTLSContexts(roots: .roots(pem: roots)),
                    policies: TLSPolicyResolver(mtaSTS: try policies.policies()), reports: book)
                var attempt = attempt(to: ["bob@sts.test"])
                attempt.domain = "sts.test"
                change(&attempt)
                let outcome = await delivery.deliver(attempt).first?.outcome
                await delivery.shutDown()
                return outcome
            }
        }

        /// Of the day: successes, failures, and what the failures were.
        func counted() -> (
            successes: Int, failures: Int, results: [TLSResult], kinds: [TLSReportSubject.Kind]
        ) {
            let tallies = book.tallies(day: "2026-11-21", domain: nil) ?? []
            return (
                tallies.reduce(0) { $0 + $1.successes }, tallies.reduce(0) { $0 + $1.failures },
                tallies.flatMap { $0.details.keys.map(\.result) }, tallies.map(\.subject.kind)
            )
        }
    }

    @Test func `an enforced policy is met by the named host with a certificate for its name`() async throws {
        let bench = try await Bench(PolicyServer.policy("enforce"))
        let delivered = try #require(try await bench.deliver()?.delivered)
        #expect(delivered.host.tlsVerified)
        let counted = bench.counted()
        #expect(counted.successes == 1 && counted.failures == 0 && counted.kinds == [.sts])
    }

    @Test func `an enforced policy keeps mail from a host whose certificate does not hold`() async throws {
        let names = STSBench.names
        let cases: [(Certificates, TLSResult, Bool)] = [
            (try await Certificates.make(for: "DNS:other.test"), .certificateHostMismatch, true),
            (try await Certificates.make(for: names, isExpired: true), .certificateExpired, true),
            (try await Certificates.make(for: names), .certificateNotTrusted, false),
        ]
        for (certificates, result, isTrusted) in cases {
            let bench = try await Bench(PolicyServer.policy("enforce"), host: certificates)
            let roots =
                bench.policies.certificates.authorityPEM + (isTrusted ? certificates.authorityPEM : [])
            let deferred = try #require(try await bench.deliver(trusting: roots)?.deferred)
            #expect(deferred.classification.category == .tlsFailure)
            #expect(bench.counted().results == [result])
            #expect(bench.sink.ledger.messages.isEmpty)
        }
    }

    @Test func `an enforced policy keeps mail from a host that has lost its STARTTLS`() async throws {
        let bench = try await Bench(PolicyServer.policy("enforce"), stripsTLS: true)
        #expect(try await bench.deliver()?.deferred?.classification.category == .tlsFailure)
        #expect(bench.counted().results == [.startTLSNotSupported])
        #expect(bench.sink.ledger.messages.isEmpty)
        // Where the sender says that the message matters more, it goes.
        #expect(try await bench.deliver { $0.envelope.ignoresTLSPolicy = true }?.delivered != nil)
    }

    @Test func `a host that an enforced policy does not name is not connected to`() async throws {
        let bench = try await Bench(PolicyServer.policy("enforce", mx: "*.elsewhere.test"))
        #expect(try await bench.deliver()?.deferred?.classification.category == .tlsFailure)
        #expect(bench.counted().results == [.validationFailure])
        #expect(bench.sink.ledger.connections == 0)
    }

    @Test func `in testing everything is delivered, and what would have failed is reported`() async throws {
        let stripped = try await Bench(PolicyServer.policy("testing"), stripsTLS: true)
        #expect(try await stripped.deliver()?.delivered?.host.tlsVersion == nil)
        #expect(stripped.counted().results == [.startTLSNotSupported])

        let unnamed = try await Bench(PolicyServer.policy("testing", mx: "*.elsewhere.test"))
        #expect(try await unnamed.deliver()?.delivered?.host.tlsVersion == "TLSv1.3")
        #expect(unnamed.counted().results == [.validationFailure])

        let other = try await Certificates.make(for: "DNS:other.test")
        let mismatched = try await Bench(PolicyServer.policy("testing"), host: other)
        let roots = mismatched.policies.certificates.authorityPEM + other.authorityPEM
        let delivered = try await mismatched.deliver(trusting: roots)?.delivered
        #expect(delivered?.host.tlsVersion == "TLSv1.3" && delivered?.host.tlsVerified == false)
        #expect(mismatched.counted().results == [.certificateHostMismatch])
    }

    @Test func `mode none and a policy that cannot be had leave the mail alone`() async throws {
        let none = try await Bench(PolicyServer.policy("none"), stripsTLS: true)
        #expect(try await none.deliver()?.delivered != nil)
        #expect(none.counted().kinds == [.none])

        let gone = try await Bench(PolicyServer.policy("enforce"), stripsTLS: true)
        gone.policies.server.set(.init(status: 404, text: ""))
        #expect(try await gone.deliver()?.delivered != nil)
        #expect(Set(gone.counted().results) == [.stsPolicyFetchError, .startTLSNotSupported])
        #expect(Set(gone.counted().kinds) == [.sts, .none])
    }

    @Test func `a fixed route is the operator's word, whatever the domain announces`() async throws {
        let bench = try await Bench(PolicyServer.policy("enforce", mx: "*.elsewhere.test"), stripsTLS: true)
        let (sink, policies) = (bench.sink.address, bench.policies)
        let outcome = try await TestLoops.client.run {
            let routes = RouteTable(everything: .init(host: "127.0.0.1", port: sink.port))
            let delivery = MailDelivery(
                on: TestLoops.client, settings: DeliverySettings(clientName: "node.test"),
                selector: MXSelector(lookup: policies.lookup, routes: routes),
                contexts: try MailTLSContexts(),
                policies: TLSPolicyResolver(mtaSTS: try policies.policies()))
            let outcome = await delivery.deliver(attempt()).first?.outcome
            await delivery.shutDown()
            return outcome
        }
        #expect(outcome?.delivered != nil)
    }

    // MARK: REQUIRETLS

    @Test func `REQUIRETLS needs proof of the host, its certificate and its word`() async throws {
        let require: @Sendable (inout DeliveryAttempt) -> Void = { $0.envelope.requiresTLS = true }
        let named = try await Bench(PolicyServer.policy("enforce"))
        let unwilling = try #require(try await named.deliver(require)?.bounced)
        #expect(unwilling.reply.text == "mx.sts.test does not offer REQUIRETLS")

        let unproven = try await Bench(PolicyServer.policy("testing"))
        let bounced = try #require(try await unproven.deliver(require)?.bounced)
        #expect(bounced.reply.code == 550 && bounced.reply.status?.description == "5.7.30")
        #expect(bounced.reply.text.hasPrefix("neither DNSSEC nor MTA-STS proves that mx.sts.test"))
        #expect(unproven.sink.ledger.connections == 0)
    }

    // MARK: Reports

    @Test func `the report of a day is the document of RFC 8460`() async throws {
        let bench = try await Bench(PolicyServer.policy("testing"), stripsTLS: true)
        _ = try await bench.deliver()
        let author = TLSReport.Author(organization: "Example", contact: "tls@node.test", node: "7")
        let report = try #require(TLSReport(bench.book, day: "2026-11-21", domain: "sts.test", author))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(report), as: UTF8.self)
        let head = #"{"contact-info":"tls@node.test","date-range":{"end-datetime":"2026-11-21T23:59:59Z","#
        #expect(
            text.hasPrefix(head + #""start-datetime":"2026-11-21T00:00:00Z"},"organization-name":"Example""#))
        for part in [
            #""failed-session-count":1,"failure-reason-code":"no STARTTLS","receiving-ip":"127.0.0.1","#,
            #""receiving-mx-hostname":"mx.sts.test","result-type":"starttls-not-supported","#,
            #""policy":{"mx-host":["mx.sts.test"],"policy-domain":"sts.test","policy-string":"#,
            #"["version: STSv1","mode: testing","mx: mx.sts.test","max_age: 604800"],"policy-type":"sts"}"#,
            #""summary":{"total-failure-session-count":1,"total-successful-session-count":0}"#,
            #""report-id":"2026-11-21_sts.test_7""#,
        ] { #expect(text.contains(part), "\(text)") }
        #expect(TLSReport(bench.book, day: "2026-11-20", author) == nil)
    }

    @Test func `the book keeps three days and so many policies and details`() throws {
        let clock = TestClock()
        let count = Locked(0)
        let book = TLSReportBook(now: clock.now) { _, _ in count.withLock { $0 += 1 } }
        for index in 0...TLSReportBook.maxDetailsPerPolicy {
            book.record(
                TLSReportSubject(unread: "a.test"),
                TLSProblem(result: .validationFailure, text: "reason \(index)"))
        }
        let tally = try #require(book.tallies(day: "2026-11-21", domain: "a.test")?.first)
        #expect(tally.failures == TLSReportBook.maxDetailsPerPolicy + 1)
        #expect(tally.details.count == TLSReportBook.maxDetailsPerPolicy)
        for index in 0..<TLSReportBook.maxPoliciesPerDay {
            book.record(TLSReportSubject(unread: "\(index).test"), nil)
        }
        #expect(book.uncounted == 1 && count.withLock { $0 } == 10_033)
        for _ in 0..<TLSReportBook.maxDays {
            clock.advance(86_400)
            book.record(TLSReportSubject(unread: "a.test"), nil)
        }
        #expect(book.tallies(day: "2026-11-21", domain: nil) == nil)
        #expect(book.tallies(day: "2026-11-24", domain: nil)?.count == 1)
    }
}
