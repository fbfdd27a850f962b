import EventLoop
import HTTPClient
import MailAuth
import TestSupport
import Testing

@testable import Delivery

/// Which policy is in force, against a real HTTPS server.
@Suite struct MTASTSPoliciesTests {
    private static let enforce = PolicyServer.policy("enforce")

    @Test func `an announced policy is fetched once and kept`() async throws {
        let bench = try await STSBench(Self.enforce)
        let found = try await bench.run { policies in
            [await policies.find("sts.test"), await policies.find("sts.test")].map(\.policy)
        }
        let policy = MTASTSPolicy(mode: .enforce, hosts: ["mx.sts.test"], maxAgeSeconds: 604_800)
        #expect(found == [policy, policy])
        #expect(try await bench.find().policy == policy)
        #expect(bench.server.requests == 1)
    }

    @Test func `those who ask at the same time wait for one fetch`() async throws {
        let bench = try await STSBench(Self.enforce)
        let modes = try await bench.run { policies in
            let bound = LoopBound(policies, on: TestLoops.client)
            let tasks = (0..<8).map { _ in
                Task(executorPreference: TestLoops.client) { await bound.value.find("sts.test").policy?.mode }
            }
            var modes: [MTASTSPolicy.Mode?] = []
            for task in tasks { modes.append(await task.value) }
            return modes
        }
        #expect(modes == Array(repeating: .enforce, count: 8))
        #expect(bench.server.requests == 1)
    }

    @Test func `a new id brings the new policy, whatever time the old one had left`() async throws {
        let bench = try await STSBench(Self.enforce)
        _ = try await bench.find()
        bench.server.set(PolicyServer.policy("none"))
        #expect(try await bench.find().policy?.mode == .enforce)
        bench.lookup.set(text: "v=STSv1; id=2;", of: "_mta-sts.sts.test")
        #expect(try await bench.find().policy?.mode == MTASTSPolicy.Mode.none)
        #expect(bench.server.requests == 2)
    }

    private static let failures: [(PolicyServer.Reply, TLSResult)] = [
        (.init(status: 404, text: enforce), .stsPolicyFetchError),
        (.init(status: 301, text: "", location: "/other"), .stsPolicyFetchError),
        (.init(type: "text/html", text: enforce), .stsPolicyFetchError),
        (.init(text: enforce + String(repeating: "x: y\n", count: 20_000)), .stsPolicyFetchError),
        (.init(text: "version: STSv1\nmode: enforce\nmax_age: 5\n"), .stsPolicyInvalid),
    ]

    @Test(arguments: failures)
    func `a policy that cannot be had counts as none, and is told once`(
        reply: PolicyServer.Reply, result: TLSResult
    ) async throws {
        let bench = try await STSBench(Self.enforce)
        bench.server.set(reply)
        let (first, second) = try await bench.run { policies in
            (await policies.find("sts.test"), await policies.find("sts.test"))
        }
        #expect(first.policy == nil && first.problem?.result == result)
        #expect(second.policy == nil && second.problem == nil)
        #expect(bench.server.requests == 1)
    }

    @Test func `a policy that cannot be had leaves the one in force that was there before`() async throws {
        let bench = try await STSBench(Self.enforce)
        _ = try await bench.find()
        bench.lookup.set(text: "v=STSv1; id=2;", of: "_mta-sts.sts.test")
        bench.server.set(.init(status: 500, text: ""))
        let found = try await bench.find()
        #expect(found.policy?.mode == .enforce && found.problem?.result == .stsPolicyFetchError)
    }

    @Test func `a certificate for another name gives no policy`() async throws {
        let bench = try await STSBench(Self.enforce, try await Certificates.make(for: "DNS:elsewhere.test"))
        let found = try await bench.find()
        #expect(found.policy == nil && found.problem?.result == .stsWebPKIInvalid)
        #expect(bench.server.requests == 0)
    }

    @Test func `a policy host at a private address is not asked`() async throws {
        var bench = try await STSBench(Self.enforce)
        bench.egressGuard = EgressGuard()
        #expect(try await bench.find().problem?.result == .stsPolicyFetchError)
        #expect(bench.server.requests == 0)
    }

    @Test func `without an announcement a kept policy holds until its time is over`() async throws {
        let bench = try await STSBench(PolicyServer.policy("enforce", maxAge: 100))
        _ = try await bench.find()
        bench.lookup.set(text: nil, of: "_mta-sts.sts.test")
        bench.clock.advance(99)
        #expect(try await bench.find().policy?.mode == .enforce)
        bench.lookup.set(isDown: true)
        #expect(try await bench.find().policy?.mode == .enforce)
        bench.clock.advance(1)
        #expect(try await bench.find().policy == nil)
        #expect(bench.server.requests == 1)
    }

    @Test func `a policy in use is fetched again after a day, so that it never runs out`() async throws {
        let bench = try await STSBench(PolicyServer.policy("enforce", maxAge: 100_000))
        _ = try await bench.find()
        bench.clock.advance(90_000)
        #expect(try await bench.find().policy?.mode == .enforce)
        try await Waiting.until("the second fetch") {
            let entry = bench.cache.entry("sts.test", now: TestClock.start)
            return entry?.fetchedAt == TestClock.start + 90_000 ? true : nil
        }
        bench.clock.advance(90_000)
        #expect(bench.cache.entry("sts.test", now: bench.clock.now())?.policy.mode == .enforce)
    }

    @Test func `a policy survives a restart`() async throws {
        let stored = Locked<[UInt8]>([])
        var bench = try await STSBench(Self.enforce)
        bench.cache = MTASTSCache(
            store: .init { kept in
                if let bytes = try? kept.encoded() { stored.withLock { $0 = bytes } }
            })
        _ = try await bench.find()
        let bytes = try await Waiting.until("the store") { stored.withLock { $0.isEmpty ? nil : $0 } }
        bench.cache = MTASTSCache()
        try bench.cache.restore(bytes, now: bench.clock.now())
        bench.lookup.set(isDown: true)
        #expect(try await bench.find().policy?.mode == .enforce)
        bench.cache = MTASTSCache()
        bench.clock.advance(604_800)
        try bench.cache.restore(bytes, now: bench.clock.now())
        #expect(bench.cache.count == 0)
        #expect(throws: MTASTSCache.Unreadable.self) {
            try bench.cache.restore(Array("garbage".utf8), now: 0)
        }
    }

    @Test func `the cache gives up what was fetched longest ago`() async throws {
        let loop = TestLoops.client
        let policy = MTASTSPolicy(mode: .enforce, hosts: ["mx.test"], maxAgeSeconds: 1_000)
        let cache = MTASTSCache(maxPolicies: 2)
        for (index, domain) in ["a.test", "b.test", "a.test", "c.test"].enumerated() {
            cache.keep(.init(domain: domain, id: "1", policy, fetchedAt: Int64(index)), on: loop)
        }
        #expect(cache.count == 2 && cache.entry("b.test", now: 0) == nil)
        let small = MTASTSCache(maxBytes: 100)
        small.keep(.init(domain: "a.test", id: "1", policy, fetchedAt: 0), on: loop)
        #expect(small.count == 0)
    }
}
