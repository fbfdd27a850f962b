import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import Queue
import TestSupport
import Testing

@testable import Node

@Suite struct QueueControlTests {
    private let tenant = TenantID(UUID())
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func refusal(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return (error as? APIError)?.code }
    }

    @Test func `a suspension names exactly one thing, why, and for how long`() throws {
        let lane = "default->mx.example.com@smtp"
        let good: [SuspendCommand] = [
            .init(lane: lane, reason: "r"), .init(tenant: tenant, reason: "r"),
            .init(destination: "*.example.com", reason: "r", durationSeconds: 60),
            .init(tenant: tenant, destination: "mx.example.com", reason: "r"),
            .init(everything: true, reason: "r", limits: .init(maxConnections: 1)),
        ]
        for command in good {
            let restriction = try command.restriction(now: now)
            #expect(RestrictionView(restriction).restriction == restriction)
        }
        let bad: [SuspendCommand] = [
            .init(reason: "r"), .init(everything: false, reason: "r"),
            .init(lane: lane, tenant: tenant, reason: "r"), .init(lane: "nonsense", reason: "r"),
            .init(destination: "mx.example.com", everything: true, reason: "r"),
            .init(tenant: tenant, reason: ""),
            .init(tenant: tenant, reason: String(repeating: "x", count: 201)),
            .init(tenant: tenant, reason: "two\nlines"),
            .init(tenant: tenant, reason: "r", durationSeconds: 0),
            .init(tenant: tenant, reason: "r", limits: .init(maxConnections: 1)),
            .init(lane: lane, reason: "r", limits: .init()),
            .init(lane: lane, reason: "r", limits: .init(maxConnections: 0)),
            .init(lane: lane, reason: "r", limits: .init(messagesPerSecond: -1)),
            .init(destination: "", reason: "r"), .init(destination: "a b", reason: "r"),
            .init(destination: "a.*.b", reason: "r"), .init(lane: "->lookup@lookup", reason: "r"),
        ]
        for command in bad {
            #expect(refusal { _ = try command.restriction(now: now) } == "invalid", "\(command)")
        }
    }

    @Test func `an empty choice is refused, and so is everything beside a choice`() throws {
        let bad: [QueueSelector] = [
            .init(), .init(everything: false), .init(tenant: tenant, everything: true), .init(messages: []),
            .init(messages: ["nonsense"]), .init(lane: "nonsense"), .init(destination: ""),
            .init(messages: Array(repeating: "x", count: 1_001)),
        ]
        for selector in bad { #expect(refusal { _ = try selector.filter(acceptedBefore: now) } == "invalid") }
        let id = MessageID(milliseconds: 1, node: 1, random: (1, 2))
        let filter = try QueueSelector(messages: [id.description, id.description], tenant: tenant)
            .filter(acceptedBefore: now)
        #expect(filter.messages == [id])
        #expect(filter.tenant == tenant)
        #expect(try QueueSelector(everything: true).filter(acceptedBefore: now).messages == nil)
    }

    @Test func `a resume names an id or a scope`() throws {
        #expect(try ResumeCommand(id: "rule:x").restrictionID() == "rule:x")
        let suspended = try SuspendCommand(tenant: tenant, reason: "r").restriction(now: now)
        #expect(try ResumeCommand(tenant: tenant).restrictionID() == suspended.id)
        #expect(refusal { _ = try ResumeCommand().restrictionID() } == "invalid")
        #expect(refusal { _ = try ResumeCommand(id: "x", tenant: tenant).restrictionID() } == "invalid")
        #expect(refusal { _ = try ResumeCommand(id: "warm-up:a:*").restrictionID() } == "warm_up")
    }

    @Test func `what was imposed and held comes back from disk as it was`() async throws {
        let directory = try TemporaryDirectory(prefix: "dispatch-queue")
        let files = NodeFiles(directory: directory.path)
        #expect(try QueueStore.load(files) == QueueStore.Memory())
        #expect(try QueueStore.loadHeld(files).isEmpty)
        let loop = try EventLoop()
        loop.start()
        let pool = BlockingPool(threads: 2, name: "test")
        defer {
            pool.stop()
            loop.stop()
        }
        let rule = Restriction(
            id: "rule:r", scope: .lane(LaneKey(transport: .smtp, source: "s", destination: "d")),
            effect: .slow(LimitCap(maxConnections: 2, rate: Rate(perSecond: 0.5))), rule: "r", reason: "why",
            evidence: "421 no", since: now, until: now.advanced(byMilliseconds: 1))
        let memory = QueueStore.Memory(
            restrictions: [RestrictionView(rule), RestrictionView(rule, isCancelled: true)],
            warmUp: .init(day: 3, copies: ["a": ["*": 7]]))
        let id = MessageID(milliseconds: 77, node: 9, random: (5, 6))
        let store = LoopBound(QueueStore(on: loop, pool: pool, files: files), on: loop)
        try await loop.run {
            try await store.value.save(memory)
            try await store.value.save(held: [(id, [0, 65_535]), (id, [3])])
        }
        let loaded = try QueueStore.load(files)
        #expect(loaded == memory)
        #expect(loaded.restrictions.map(\.restriction) == [rule, rule])
        #expect(try QueueStore.loadHeld(files) == [id: [0, 3, 65_535]])
        try files.write([1, 2, 3], to: files.held)
        #expect(try QueueStore.loadHeld(files).isEmpty)
        try files.write([1, 2, 3], to: files.queue)
        #expect(throws: (any Error).self) { try QueueStore.load(files) }
    }
}
