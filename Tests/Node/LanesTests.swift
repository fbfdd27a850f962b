import Delivery
import FoundationEssentials
import MailFormat
import NodeProtocol
import Queue
import Testing

@testable import Node

private func mail(
    _ recipients: [String], isTest: Bool = false, isBulk: Bool = false, links: LinkPlaces = .none
) -> MailEntry {
    let accepted = Event.Accepted(
        origin: Event.Origin(kind: .apiKey, id: "k", door: "ingest"), from: "a@example.com",
        envelopeSender: "a@example.com", recipients: recipients, subject: "s",
        messageIDHeader: "<1@example.com>", bodyBytes: 10, hasAttachments: false, tags: [], metadata: [:],
        isTest: isTest, scheduledAt: nil)
    return MailEntry(
        tenant: TenantID(UUID()), acceptedAt: 1, deadline: 100, isBulk: isBulk, log: accepted, links: links)
}

private func id(_ number: UInt64) -> MessageID {
    MessageID(milliseconds: 1, node: 1, random: (1, number))
}

@Suite struct LanesTests {
    private func items(_ entry: MailEntry, _ lane: @escaping (String) -> LaneKey) -> [QueueItem] {
        Lanes.items(of: OpenMessage(id: id(2), entry: .mail(entry))) { lane($1) }
    }

    @Test func `recipients of one domain share an item, others have their own even in one lane`() {
        let shared = LaneKey(transport: .smtp, source: "default", destination: "mx.example")
        let items = items(mail(["a@one.example", "b@two.example", "c@ONE.example"])) { _ in shared }
        #expect(items.map { Array($0.recipients) } == [[0, 2], [1]])
        #expect(items.map(\.lane) == [shared, shared])
    }

    @Test func `recipients whose copies differ have an item each, after a restart too`() {
        let places = LinkPlaces([LinkPlace(.pixel, 3..<3)])
        let entry = Entry.mail(mail(["a@one.example", "b@two.example", "c@one.example"], links: places))
        guard case .mail(let read)? = Entry(entry.encoded()) else {
            Issue.record("the entry does not come back")
            return
        }
        #expect(read.links == places)
        let items = items(read) { _ in .lookup }
        #expect(items.map { Array($0.recipients) } == [[0], [2], [1]])
    }

    @Test func `mail of test keys waits for nobody`() {
        let items = items(mail(["a@one.example"], isTest: true)) { _ in .lookup }
        #expect(items.map(\.lane.destination) == ["captured"])
    }

    @Test func `every category of the classification can be asked for by a rule`() {
        #expect(AutomationRule.categories == Set(Classification.Category.allCases.map(\.rawValue)))
    }
}

@Suite struct MailRouterTests {
    private static let day: Int64 = 86_400_000
    private let now = 20_000 * day
    private let shaping = Shaping.effective(
        Shaping(
            sources: [
                EgressSource(id: "a", node: 1, ipv4: "127.0.0.2", helloName: "a.example"),
                EgressSource(
                    id: "b", node: 1, helloName: "b.example", warmUp: "slow", warmUpSince: 20_000 * 86_400),
            ],
            pools: [
                EgressPool(
                    id: "both", members: [.init(source: "a", weight: 1), .init(source: "b", weight: 1)]),
                EgressPool(id: "new", members: [.init(source: "b", weight: 1)]),
            ],
            warmUps: [
                WarmUpPlan(
                    id: "slow", groups: [.init(provider: "google", firstDay: 2, growth: 2, warmAt: 100)])
            ]))

    private func router(_ routes: RouteTable = RouteTable(), _ shaping: Shaping = .builtIn) -> MailRouter {
        MailRouter(node: 1, routes: routes, routeConnections: 7, shaping: shaping)
    }

    private func lane(
        _ router: MailRouter, _ domain: String, _ message: MessageID = id(1), pool: String? = nil,
        now: Int64? = nil, refresh: () -> Void = {}
    ) -> LaneKey {
        router.lane(of: message, to: domain, pool: { pool }, now: now ?? self.now, refresh: refresh)
    }

    private func name(_ text: String, ttl: UInt32 = 300, isTransient: Bool = false) -> LaneName {
        LaneName(name: text, ttlSeconds: ttl, isTransient: isTransient)
    }

    /// An attempt in a lane.
    private func attempt(_ lane: LaneKey, _ domain: String, _ message: MessageID) throws -> Attempt {
        var queue = MessageQueue(seed: 1)
        queue.add(
            QueueItem(
                id: message, recipients: [0], tenant: TenantID(UUID()), stream: .transactional,
                domain: domain, lane: lane,
                due: .zero, deadline: .distantFuture), now: .zero)
        return try #require(queue.startable(now: .zero, limit: 1).first)
    }

    private func check(
        _ router: MailRouter, _ lane: LaneKey, _ domain: String, _ message: MessageID = id(1),
        pool: String? = nil, now: Int64? = nil
    ) throws -> MailRouter.Verdict {
        router.check(
            try attempt(lane, domain, message), pool: { pool }, now: now ?? self.now, refresh: {})
    }

    @Test func `domains with the same hosts share a lane, others wait for the lookup`() {
        let router = router()
        #expect(lane(router, "one.example") == .lookup)
        router.learn("one.example", name("(a|b).mx.example"), now: now)
        router.learn("two.example", name("(a|b).mx.example"), now: now)
        #expect(lane(router, "one.example").destination == "(a|b).mx.example")
        #expect(lane(router, "one.example") == lane(router, "two.example"))
        #expect(lane(router, "three.example") == .lookup)
    }

    @Test func `what is known runs out by its TTL, and asks to be refreshed before`() {
        let router = router()
        router.learn("one.example", name("mx.example", ttl: 1_000), now: now)
        var refreshed = 0
        _ = lane(router, "one.example", now: now + 799_999) { refreshed += 1 }
        #expect(refreshed == 0)
        #expect(lane(router, "one.example", now: now + 800_000) { refreshed += 1 } != .lookup)
        #expect(refreshed == 1)
        #expect(lane(router, "one.example", now: now + 1_000_000) == .lookup)
        // A short TTL is stretched, a long one cut.
        router.learn("one.example", name("mx.example", ttl: 1), now: now)
        #expect(lane(router, "one.example", now: now + 119_999) != .lookup)
        router.learn("one.example", name("mx.example", ttl: 900_000), now: now)
        #expect(lane(router, "one.example", now: now + 3_600_000) == .lookup)
    }

    @Test func `while the DNS cannot say, what was known holds a little longer`() {
        let router = router()
        router.learn("one.example", name("mx.example"), now: now)
        router.learn("one.example", name("one.example", isTransient: true), now: now + 290_000)
        #expect(lane(router, "one.example", now: now + 350_000).destination == "mx.example")
        router.learn("two.example", name("two.example", isTransient: true), now: now)
        #expect(lane(router, "two.example").destination == "two.example")
    }

    @Test func `a fixed route is a lane of its own with the operator's connections`() throws {
        let routes = try #require(RouteTable(setting: "*=127.0.0.1:25, one.example=127.0.0.1:26"))
        let router = router(routes)
        #expect(lane(router, "one.example").destination == "127.0.0.1:26")
        #expect(lane(router, "two.example").destination == "127.0.0.1:25")
        #expect(router.policies.policy(for: lane(router, "two.example")).limits.maxConnections == 7)
        #expect(try check(router, lane(router, "two.example"), "two.example") == .leave(nil))
    }

    @Test func `an attempt follows its domain to other hosts, and waits where they are not known any more`()
        throws
    {
        let router = router()
        router.learn("one.example", name("old.example"), now: now)
        let old = lane(router, "one.example")
        #expect(try check(router, old, "one.example") == .leave(nil))
        router.learn("one.example", name("new.example"), now: now)
        #expect(try check(router, old, "one.example") == .move(to: lane(router, "one.example")))
        #expect(try check(router, old, "one.example", now: now + 400_000) == .move(to: .lookup))
    }

    @Test func `a message leaves from a source of its pool, and moves when the pool changes`() throws {
        let router = router(RouteTable(), shaping)
        router.learn("one.example", name("mx.example"), now: now)
        let sources = Set((0..<40).map { lane(router, "one.example", id($0), pool: "both").source })
        #expect(sources == ["a", "b"])
        let own = lane(router, "one.example", pool: nil)
        #expect(own.source == "default")
        let chosen = lane(router, "one.example", pool: "new")
        #expect(try check(router, own, "one.example", pool: "new") == .move(to: chosen))
        #expect(try check(router, chosen, "one.example", pool: "new") == .leave(shaping.sources[1]))
    }

    @Test func `a source that has used up its day hands over to another of the pool, else its mail waits`()
        throws
    {
        let router = router(RouteTable(), shaping)
        router.learn("gmail.example", name("mx.google.com"), now: now)
        let both = (0..<100).map(id).first { lane(router, "gmail.example", $0, pool: "both").source == "b" }
        let message = try #require(both)
        let warming = lane(router, "gmail.example", message, pool: "both")
        for _ in 0..<2 {
            #expect(
                try check(router, warming, "gmail.example", message, pool: "both")
                    == .leave(shaping.sources[1]))
        }
        let warm = LaneKey(transport: .smtp, source: "a", destination: "mx.google.com")
        #expect(try check(router, warming, "gmail.example", message, pool: "both") == .move(to: warm))
        #expect(lane(router, "gmail.example", message, pool: "both") == warm)
        let verdict = try check(router, warming, "gmail.example", message, pool: "new")
        guard case .park(let until, let reason) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(until.milliseconds == now + Self.day)
        #expect(reason.plan == "slow")
        let tomorrow = now + Self.day
        router.learn("gmail.example", name("mx.google.com"), now: tomorrow)
        #expect(
            try check(router, warming, "gmail.example", message, pool: "new", now: tomorrow)
                == .leave(shaping.sources[1]))
    }

    @Test func `another shaping finds the providers of known domains anew`() throws {
        let router = router()
        router.learn("one.example", name("mx.own.example"), now: now)
        let own = Provider(id: "own", hosts: ["*.own.example"], limits: .init(maxConnections: 3))
        #expect(router.update(Shaping.effective(Shaping(providers: [own]))) == true)
        #expect(router.update(Shaping.effective(Shaping(providers: [own]))) == false)
        #expect(router.policies.policy(for: lane(router, "one.example")).limits.maxConnections == 3)
    }
}

@Suite struct DestinationCacheTests {
    @Test func `forgets what runs out first when there is too much`() {
        var cache = DestinationCache()
        for number in 0...DestinationCache.maxDomains {
            cache.insert(
                .init(name: "mx", provider: "p"), for: "d\(number).example",
                ttlSeconds: number < 50 ? 200 : 300, now: 0)
        }
        #expect(cache.count <= DestinationCache.maxDomains)
        #expect(cache.lookUp("d0.example", now: 1) == .unknown)
        #expect(cache.lookUp("d\(DestinationCache.maxDomains).example", now: 1) != .unknown)
    }
}
