import NodeProtocol
import Testing

@testable import Queue

@Suite struct AutomationTests {
    private func rule(
        provider: String? = nil, destination: String? = nil, code: String? = nil, enhanced: String? = nil,
        contains: String? = nil, category: String? = nil, threshold: Int = 1, window: Int = 60,
        action: AutomationRule.Action = .suspendLane, limits: DestinationLimits? = nil
    ) -> Automation {
        Automation(
            Shaping(rules: [
                AutomationRule(
                    id: "r", provider: provider, destination: destination, code: code, enhancedCode: enhanced,
                    contains: contains, category: category, threshold: threshold, windowSeconds: window,
                    action: action, limits: limits, durationSeconds: 100, reason: "why")
            ]))
    }

    private func reply(
        _ code: Int = 421, _ enhanced: String? = "4.7.0", _ text: String = "Too Many connections [TSS04]",
        lane: LaneKey = mailLane("mx.a.example"), tenant owner: Int = 1, provider: String = "yahoo",
        category: String? = "RateLimited"
    ) -> ObservedReply {
        ObservedReply(
            lane: lane, provider: provider, tenant: tenant(owner), code: code, enhancedCode: enhanced,
            text: text,
            category: category)
    }

    private func fires(_ automation: Automation, _ reply: ObservedReply) -> Bool {
        var automation = automation
        return !automation.observe(reply, now: 5_000) { _ in false }.isEmpty
    }

    @Test func `a rule asks for everything that it names and for nothing else`() {
        let cases: [(Automation, Bool)] = [
            (rule(code: "4"), true), (rule(code: "421"), true), (rule(code: "5"), false),
            (rule(code: "45"), false), (rule(enhanced: "4.7."), true), (rule(enhanced: "4.7.0"), true),
            (rule(enhanced: "4.7.01"), false), (rule(enhanced: "4.7"), false),
            (rule(contains: "[tss04]"), true),
            (rule(contains: "TSS05"), false), (rule(contains: "[TSS04]!"), false),
            (rule(category: "RateLimited"), true), (rule(category: "SpamBlock"), false),
            (rule(provider: "yahoo", code: "4"), true), (rule(provider: "google", code: "4"), false),
            (rule(destination: "*.a.example", code: "4"), true),
            (rule(destination: "*.b.example", code: "4"), false),
            (rule(code: "4", contains: "TSS05"), false),
        ]
        for (number, (automation, expected)) in cases.enumerated() {
            #expect(fires(automation, reply()) == expected, "case \(number)")
        }
        #expect(!fires(rule(contains: "ok"), reply(250, "2.0.0", "ok")))
        #expect(!fires(rule(enhanced: "4.7."), reply(421, nil, "no code")))
    }

    @Test func `a restriction says which rule, why, by which reply, since and until when`() throws {
        var automation = rule(contains: "TSS04", action: .slowLane, limits: .init(maxConnections: 1))
        let imposed = automation.observe(reply(), now: 7_000) { _ in false }
        let restriction = try #require(imposed.first)
        #expect(imposed.count == 1)
        #expect(restriction.rule == "r")
        #expect(restriction.reason == "why")
        #expect(restriction.evidence == "421 4.7.0 Too Many connections [TSS04]")
        #expect(restriction.scope == .lane(mailLane("mx.a.example")))
        #expect(restriction.effect == .slow(LimitCap(maxConnections: 1)))
        #expect(restriction.since == 7_000)
        #expect(restriction.until == 107_000)
    }

    @Test func `a threshold counts within its window, lane by lane`() {
        var automation = rule(code: "4", threshold: 3, window: 60)
        let other = mailLane("mx.b.example")
        func fired(_ lane: LaneKey, _ now: Timestamp) -> Bool {
            !automation.observe(reply(lane: lane), now: now) { _ in false }.isEmpty
        }
        let lane = mailLane("mx.a.example")
        #expect(!fired(lane, 1_000))
        #expect(!fired(lane, 2_000))
        #expect(!fired(other, 3_000))
        #expect(fired(lane, 4_000))
        // Counting begins again once it has fired.
        #expect(!fired(lane, 5_000))
        #expect(!fired(lane, 6_000))
        #expect(!fired(lane, 90_000))
        #expect(!fired(lane, 91_000))
        #expect(fired(lane, 92_000))
    }

    @Test func `a tenant's rule counts and suspends each tenant on each destination`() {
        var automation = rule(code: "4", threshold: 2, action: .suspendTenant)
        #expect(automation.observe(reply(tenant: 1), now: 0) { _ in false }.isEmpty)
        #expect(automation.observe(reply(tenant: 2), now: 0) { _ in false }.isEmpty)
        let imposed = automation.observe(reply(tenant: 1), now: 1) { _ in false }
        #expect(
            imposed.map(\.scope) == [.tenantOnDestination(tenant(1), DestinationPattern("mx.a.example"))])
    }

    @Test func `a rule in force is silent, and one that was cancelled stays so until it would have ended`()
        throws
    {
        var automation = rule(code: "4")
        let restriction = try #require(automation.observe(reply(), now: 0) { _ in false }.first)
        #expect(automation.observe(reply(), now: 1) { $0 == restriction.id }.isEmpty)
        automation.cancel(restriction, now: 2_000)
        #expect(automation.cancelledRestrictions(now: 2_000) == [restriction])
        #expect(automation.observe(reply(), now: 99_999) { _ in false }.isEmpty)
        #expect(
            automation.observe(reply(lane: mailLane("mx.b.example")), now: 99_999) { _ in false }.count == 1)
        #expect(automation.cancelledRestrictions(now: 100_000).isEmpty)
        #expect(automation.observe(reply(), now: 100_000) { _ in false }.count == 1)
    }

    @Test func `a flood of lanes does not grow without bound`() {
        var automation = rule(code: "4", threshold: 2)
        for number in 0..<10_500 {
            let lane = mailLane("mx\(number).example")
            _ = automation.observe(reply(lane: lane), now: Timestamp(milliseconds: Int64(number))) { _ in
                false
            }
        }
        // The newest count is still there, the oldest is gone.
        let newest = mailLane("mx10499.example")
        let oldest = mailLane("mx0.example")
        #expect(automation.observe(reply(lane: newest), now: 11_000) { _ in false }.count == 1)
        #expect(automation.observe(reply(lane: oldest), now: 11_000) { _ in false }.isEmpty)
    }

    @Test func `the built-in rules know the replies that they are for`() {
        var automation = Automation(.builtIn)
        let replies: [(String, ObservedReply)] = [
            (
                "yahoo.tss04",
                reply(421, "4.7.0", "[TSS04] Messages from 192.0.2.1 temporarily deferred", provider: "yahoo")
            ),
            (
                "microsoft.rp-001",
                reply(
                    421, nil, "RP-001 Unfortunately, some messages", provider: "microsoft.consumer")
            ),
        ]
        for (id, reply) in replies {
            #expect(automation.observe(reply, now: 0) { _ in false }.map(\.rule) == [id])
        }
        let google = reply(421, "4.7.28", "unusual rate", provider: "google")
        let fired = (0..<3).flatMap { _ in automation.observe(google, now: 0) { _ in false } }
        #expect(fired.map(\.rule) == ["google.4.7.28"])
    }
}
