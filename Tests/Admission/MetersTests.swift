import FoundationEssentials
import NodeProtocol
import Testing

@testable import Admission

@Suite struct MetersTests {
    /// The first second of November 2026.
    private let november: Int64 = 1_793_491_200
    private let december: Int64 = 1_796_083_200

    private func tenant(_ limits: TenantRecord.Limits) throws -> TenantRecord {
        let id = try #require(TenantID(text: "11111111-1111-4111-8111-111111111101"))
        return TenantRecord(id: id, name: "One", limits: limits)
    }

    /// What nodes told of November 2026; the number before each colon is the node.
    private func usage(
        _ month: [UInt16: Int], today: [UInt16: Int] = [:], perMinute: [UInt16: Int] = [:]
    ) -> TenantUsage {
        let nodes = Set(month.keys).union(today.keys).union(perMinute.keys).sorted()
        return TenantUsage(
            month: "2026-11", day: "2026-11-01",
            shares: nodes.map {
                .init(node: $0, month: month[$0] ?? 0, day: today[$0] ?? 0, perMinute: perMinute[$0] ?? 0)
            })
    }

    private func principal(_ key: String, perMinute: Int?, tenant: TenantRecord) -> Principal {
        Principal(tenant: tenant, origin: .apiKey, originID: key, scopes: ["*"], requestsPerMinute: perMinute)
    }

    private func taken(_ meters: inout Meters, _ principal: Principal, at now: Int64) -> Meters.Standing? {
        try? meters.takeRate(principal, usage: nil, now: now)
    }

    @Test func `a key may be used as often as its rate says, and is told how it stands`() throws {
        var meters = Meters(node: 1)
        let caller = principal("a", perMinute: 3, tenant: try tenant(.init()))
        #expect(taken(&meters, caller, at: 600) == .init(limit: 3, remaining: 2, resetSeconds: 60))
        #expect(taken(&meters, caller, at: 610)?.remaining == 1)
        #expect(taken(&meters, caller, at: 659) == .init(limit: 3, remaining: 0, resetSeconds: 1))
        do throws(Meters.RateExceeded) {
            _ = try meters.takeRate(caller, usage: nil, now: 659)
            Issue.record("the fourth passed")
        } catch {
            #expect(error.refusal.code == .rateLimited)
            #expect(error.standing == .init(limit: 3, remaining: 0, resetSeconds: 1))
            // The next minute begins with all three.
            #expect(error.refusal.retryAfterSeconds == 2)
            #expect(taken(&meters, caller, at: 660) == nil)
            #expect(taken(&meters, caller, at: 661)?.remaining == 0)
        }
    }

    @Test func `a question counts for its key, a test key's message for none but its own`() throws {
        var meters = Meters(node: 1)
        let tenant = try tenant(.init(messagesPerMinute: 1))
        let live = principal("a", perMinute: 5, tenant: tenant)
        let test = Principal(
            tenant: tenant, origin: .apiKey, originID: "b", scopes: ["*"], isTest: true, requestsPerMinute: 5)
        let asked = try meters.takeRate(live, for: .asking, usage: nil, now: 600)
        #expect(asked == .init(limit: 5, remaining: 4, resetSeconds: 60))
        #expect(taken(&meters, test, at: 600) == .init(limit: 5, remaining: 4, resetSeconds: 60))
        #expect(taken(&meters, live, at: 600) == .init(limit: 1, remaining: 0, resetSeconds: 60))
        #expect(taken(&meters, live, at: 600) == nil)
        #expect(try meters.takeRate(live, for: .asking, usage: nil, now: 600)?.remaining == 2)
    }

    @Test func `several are taken at once or not at all`() throws {
        var meters = Meters(node: 1)
        let caller = principal("a", perMinute: 5, tenant: try tenant(.init(messagesPerMinute: 4)))
        #expect(try meters.takeRate(caller, count: 3, usage: nil, now: 600)?.remaining == 1)
        #expect(throws: Meters.RateExceeded.self) {
            try meters.takeRate(caller, count: 2, usage: nil, now: 600)
        }
        #expect(try meters.takeRate(caller, count: 1, usage: nil, now: 600)?.remaining == 0)
        meters.returnRate(caller, count: 2)
        #expect(try meters.takeRate(caller, count: 2, usage: nil, now: 600)?.remaining == 0)
    }

    @Test func `what is given back makes no more room than was taken`() throws {
        var meters = Meters(node: 1)
        let caller = principal("a", perMinute: 4, tenant: try tenant(.init()))
        #expect(try meters.takeRate(caller, count: 3, usage: nil, now: 659)?.remaining == 1)
        // A minute later one of the three still counts, and one more.
        #expect(try meters.takeRate(caller, count: 1, usage: nil, now: 690)?.remaining == 2)
        meters.returnRate(caller, count: 3)
        #expect(try meters.takeRate(caller, count: 4, usage: nil, now: 690)?.remaining == 0)
        meters.returnRate(caller, count: 100)
        #expect(taken(&meters, caller, at: 691)?.remaining == 3)
    }

    @Test(arguments: [600, 601, 630, 659] as [Int64], [1, 2, 50, 99, 100, 101])
    func `who waits as long as he is told has room, and a second earlier he has not`(
        now: Int64, count: Int
    ) throws {
        var used = Meters(node: 1)
        let caller = principal("a", perMinute: 100, tenant: try tenant(.init()))
        _ = try used.takeRate(caller, count: 40, usage: nil, now: 599)
        if let standing = try used.takeRate(caller, usage: nil, now: now), standing.remaining > 0 {
            _ = try used.takeRate(caller, count: standing.remaining, usage: nil, now: now)
        }
        var wait: Int64 = 0
        do throws(Meters.RateExceeded) {
            _ = try used.takeRate(caller, count: count, usage: nil, now: now)
            Issue.record("it passed")
        } catch { wait = Int64(error.retryAfterSeconds) }
        for (seconds, passes) in [(wait - 1, false), (wait, count <= 100)] {
            var meters = used
            let standing = try? meters.takeRate(caller, count: count, usage: nil, now: now + seconds)
            #expect((standing != nil) == passes, "\(seconds) s")
        }
    }

    @Test func `the window slides: half a minute later half of the last one still counts`() throws {
        var meters = Meters(node: 1)
        let caller = principal("a", perMinute: 10, tenant: try tenant(.init()))
        for _ in 0..<10 { #expect(taken(&meters, caller, at: 600) != nil) }
        #expect(taken(&meters, caller, at: 660) == nil)
        #expect(taken(&meters, caller, at: 690)?.remaining == 4)
        #expect(taken(&meters, caller, at: 780)?.remaining == 9)
    }

    @Test func `keys have windows of their own, the tenant's rate holds for all of them`() throws {
        var meters = Meters(node: 1)
        let tenant = try tenant(.init(messagesPerMinute: 3))
        let first = principal("a", perMinute: 2, tenant: tenant)
        let second = principal("b", perMinute: 2, tenant: tenant)
        #expect(taken(&meters, first, at: 600)?.remaining == 1)
        #expect(taken(&meters, first, at: 600)?.remaining == 0)
        #expect(taken(&meters, first, at: 600) == nil)
        #expect(taken(&meters, second, at: 600) == .init(limit: 3, remaining: 0, resetSeconds: 60))
        #expect(taken(&meters, second, at: 600) == nil)
    }

    @Test func `no limit is no standing, and a limit of zero lets nobody pass`() throws {
        var meters = Meters(node: 1)
        let tenant = try tenant(.init())
        #expect(
            try meters.takeRate(principal("a", perMinute: nil, tenant: tenant), usage: nil, now: 600) == nil)
        #expect(taken(&meters, principal("b", perMinute: 0, tenant: tenant), at: 600) == nil)
        #expect(
            taken(&meters, principal("c", perMinute: .max, tenant: tenant), at: 600)?.remaining == .max - 1)
    }

    @Test func `a month's quota ends with the recipient that passes it, and then nothing is taken`() throws {
        var meters = Meters(node: 1)
        let (tenant, told) = (try tenant(.init(monthlyQuota: 10)), usage([2: 4]))
        try meters.takeQuota(tenant, usage: told, recipients: 5, now: november)
        #expect(throws: Refusal.self) {
            try meters.takeQuota(tenant, usage: told, recipients: 2, now: november + 1)
        }
        try meters.takeQuota(tenant, usage: told, recipients: 1, now: november + 2)
        do throws(Refusal) {
            try meters.takeQuota(tenant, usage: told, recipients: 1, now: december - 1)
            Issue.record("the eleventh passed")
        } catch {
            #expect(error.code == .quotaExceeded)
            #expect(error.message == "Monthly quota exceeded (10/10). Enable overage or upgrade plan.")
        }
    }

    @Test func `a new month begins at nought, though the snapshot still tells of the old one`() throws {
        var meters = Meters(node: 1)
        let (tenant, told) = (try tenant(.init(monthlyQuota: 10)), usage([1: 3, 2: 7]))
        #expect(throws: Refusal.self) {
            try meters.takeQuota(tenant, usage: told, recipients: 1, now: december - 1)
        }
        try meters.takeQuota(tenant, usage: told, recipients: 10, now: december)
        #expect(throws: Refusal.self) {
            try meters.takeQuota(tenant, usage: told, recipients: 1, now: december)
        }
    }

    @Test func `what a node took counts once, whether it was told of or not, and what others took is added`()
        throws
    {
        var meters = Meters(node: 1)
        let tenant = try tenant(.init(monthlyQuota: 10))
        try meters.takeQuota(tenant, usage: nil, recipients: 4, now: november)
        // Told of since; and then two more were taken here and one elsewhere.
        try meters.takeQuota(tenant, usage: usage([1: 4]), recipients: 2, now: november)
        try meters.takeQuota(tenant, usage: usage([1: 4, 2: 1]), recipients: 3, now: november)
        #expect(throws: Refusal.self) {
            try meters.takeQuota(tenant, usage: usage([1: 9, 2: 1]), recipients: 1, now: november)
        }
    }

    @Test func `a node that was started again goes on from what it had told of`() throws {
        var meters = Meters(node: 1)
        let tenant = try tenant(.init(monthlyQuota: 10))
        try meters.takeQuota(tenant, usage: usage([1: 8]), recipients: 2, now: november)
        #expect(throws: Refusal.self) {
            try meters.takeQuota(tenant, usage: usage([1: 8]), recipients: 1, now: november)
        }
    }

    @Test func `overage lets pass, no quota lets pass`() throws {
        var meters = Meters(node: 1)
        let told = usage([2: 100])
        try meters.takeQuota(
            try tenant(.init(monthlyQuota: 10, overageEnabled: true)), usage: told, recipients: 5,
            now: november)
        try meters.takeQuota(try tenant(.init()), usage: told, recipients: 5, now: november)
    }

    @Test func `a day's quota holds with overage too, and begins anew at midnight UTC`() throws {
        var meters = Meters(node: 1)
        let tenant = try tenant(.init(dailyQuota: 3, overageEnabled: true))
        let told = usage([1: 1, 2: 1], today: [2: 1])
        let evening = november + 86_400 - 30
        try meters.takeQuota(tenant, usage: told, recipients: 2, now: evening)
        do throws(Refusal) {
            try meters.takeQuota(tenant, usage: told, recipients: 1, now: evening)
            Issue.record("the fourth passed")
        } catch {
            #expect(error.code == .dailyQuotaExceeded && error.retryAfterSeconds == 30)
            #expect(error.message.hasPrefix("Daily quota exceeded (3/3)."))
        }
        try meters.takeQuota(tenant, usage: told, recipients: 3, now: evening + 30)
    }

    @Test func `nodes share a rate: each has what the others leave, and an equal part at least`() throws {
        var meters = Meters(node: 1)
        let caller = principal("a", perMinute: nil, tenant: try tenant(.init(messagesPerMinute: 90)))
        func limit(_ perMinute: [UInt16: Int]) throws -> Int? {
            try meters.takeRate(caller, usage: usage([:], perMinute: perMinute), now: 600)?.limit
        }
        #expect(try limit([1: 500]) == 90)
        #expect(try limit([1: 10, 2: 20]) == 70)
        #expect(try limit([2: 60, 3: 60]) == 30)
    }

    @Test func `what is given back can be used again, but never more than was taken`() throws {
        var meters = Meters(node: 1)
        let tenant = try tenant(.init(monthlyQuota: 10))
        try meters.takeQuota(tenant, usage: nil, recipients: 10, now: november)
        meters.returnQuota(tenant.id, recipients: 4)
        try meters.takeQuota(tenant, usage: nil, recipients: 4, now: november)
        #expect(throws: Refusal.self) {
            try meters.takeQuota(tenant, usage: nil, recipients: 1, now: november)
        }
        try meters.takeQuota(tenant, usage: nil, recipients: 1, now: december)
        meters.returnQuota(tenant.id, recipients: 10)
        #expect(throws: Refusal.self) {
            try meters.takeQuota(tenant, usage: nil, recipients: 11, now: december)
        }
    }

    @Test(
        arguments: [
            (0, "1970-01"), (951_782_399, "2000-02"), (951_868_800, "2000-03"), (1_709_164_800, "2024-02"),
            (1_709_251_200, "2024-03"), (1_767_225_599, "2025-12"), (1_767_225_600, "2026-01"),
            (4_107_542_399, "2100-02"),
            (4_107_542_400, "2100-03"),
        ] as [(Int64, String)])
    func `months begin and end in UTC, leap years among them`(now: Int64, name: String) throws {
        var meters = Meters(node: 1)
        let share = UsageChunk.Share(node: 2, month: 1, day: 0, perMinute: 0)
        let told = TenantUsage(month: name, day: "", shares: [share])
        #expect(throws: Refusal.self) {
            try meters.takeQuota(
                try tenant(.init(monthlyQuota: 1)), usage: told, recipients: 1, now: now)
        }
    }
}

@Suite struct TestKeyQuotaTests {
    @Test func `a test key takes nothing from the quota`() throws {
        let world = try World(limits: .init(monthlyQuota: 0))
        let taken = composed { $0.to = ["joe@x.example"] }
        var asked = 0
        _ = try world.admit(taken, as: "dsp_test_one") { _ in asked += 1 }
        #expect(asked == 0)
        _ = try world.admit(taken) { asked += $0 }
        #expect(asked == 1)
    }
}
