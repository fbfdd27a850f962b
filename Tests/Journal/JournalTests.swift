import EventLoop
import Glibc
import Journal
import NodeProtocol
import Spool
import Testing

@Suite struct JournalTests {
    private let directory = "/journal"
    private let disk = SimulatedDisk()

    private func open(
        _ disk: SimulatedDisk? = nil, segmentBytes: Int = 32 << 10, interval: Int = 0
    ) throws -> (journal: Journal, recovery: JournalRecovery) {
        var configuration = JournalConfiguration()
        configuration.segmentBytes = segmentBytes
        configuration.maxBatchBytes = min(configuration.maxBatchBytes, segmentBytes)
        configuration.syncIntervalMilliseconds = interval
        configuration.retryMilliseconds = 1
        return try Journal.open(directory: directory, configuration: configuration, disk: disk ?? self.disk)
    }

    static func event(_ number: UInt64, bytes: Int = 0) -> [UInt8] {
        Array("event \(number)".utf8) + [UInt8](repeating: 0x2E, count: bytes)
    }

    /// All events behind `seq`, in pages.
    static func all(_ journal: Journal, after seq: UInt64 = 0, maxBytes: Int = 1000) async throws
        -> [JournalEvent]
    {
        var events: [JournalEvent] = []
        while true {
            let page = try await journal.read(after: events.last?.seq ?? seq, maxBytes: maxBytes)
            if page.isEmpty { return events }
            events += page
        }
    }

    @Test func `numbers go on over restarts and deletion`() async throws {
        var expected: UInt64 = 0
        for round in 0..<4 {
            let (journal, recovery) = try open()
            #expect(recovery.pendingEvents == (round == 0 ? 0 : 10))
            for _ in 0..<20 {
                let range = try await journal.append([Self.event(expected + 1), Self.event(expected + 2)])
                #expect(range == expected + 1...expected + 2)
                expected += 2
            }
            let events = try await Self.all(journal, after: expected - 40)
            #expect(events == (expected - 39...expected).map { JournalEvent(seq: $0, bytes: Self.event($0)) })
            try await journal.acknowledge(upTo: expected - 10)
            #expect(journal.statistics.acknowledged == expected - 10)
            await journal.close()
        }
    }

    @Test func `acknowledged segments go, and their numbers never come again`() async throws {
        let (journal, _) = try open()
        for number in 1...100 as ClosedRange<UInt64> {
            #expect(try await journal.append([Self.event(number, bytes: 1000)]) == number...number)
        }
        #expect(disk.segments(in: directory).count > 4)
        try await journal.acknowledge(upTo: 50)
        let half = disk.segments(in: directory).count
        #expect(try await Self.all(journal, after: 50).map(\.seq) == Array(51...100))
        try await journal.acknowledge(upTo: 1_000_000)
        #expect(disk.segments(in: directory).count == 1 && half > 1)
        await journal.close()
        for disk in [disk.afterKill(), disk.afterPowerLoss(seed: 1)] {
            let (again, recovery) = try open(disk)
            #expect(recovery.pendingEvents == 0)
            #expect(try await again.append([Self.event(101)]) == 101...101)
            await again.close()
        }
    }

    @Test func `an empty journal that was acknowledged and lost all segments goes on from its cursor`()
        async throws
    {
        let (journal, _) = try open()
        _ = try await journal.append((1...7).map { Self.event($0) })
        try await journal.acknowledge(upTo: 7)
        await journal.close()
        for path in disk.segments(in: directory) { try disk.remove(path) }
        let (again, _) = try open()
        #expect(try await again.append([Self.event(8)]) == 8...8)
        await again.close()
    }

    @Test func `pages hold at least one event and about as many bytes as asked`() async throws {
        let (journal, _) = try open(segmentBytes: 1 << 20)
        for number in 1...50 as ClosedRange<UInt64> {
            _ = try await journal.append([Self.event(number, bytes: 991)])
        }
        #expect(try await journal.read(after: 0, maxBytes: 1).map(\.seq) == [1])
        #expect(try await journal.read(after: 10, maxBytes: 3000).map(\.seq) == [11, 12, 13, 14])
        #expect(try await journal.read(after: 50, maxBytes: 3000).isEmpty)
        _ = try await journal.append([Self.event(51, bytes: 600_000)])
        #expect(try await journal.read(after: 50, maxBytes: 1).first?.bytes.count == 600_008)
        await journal.close()
    }

    @Test func `the events of a group are durable together with its sequence`() async throws {
        let (journal, _) = try open(interval: 3_600_000)
        journal.append(sequence: 5, events: [Self.event(1), Self.event(2)])
        journal.append(sequence: 6, events: [])
        await withUnsafeContinuation { continuation in journal.whenDurable(6) { continuation.resume() } }
        #expect(journal.durableSequence == 6)
        #expect(try await Self.all(journal).map(\.seq) == [1, 2])
        // Within the interval nothing is written that nobody asked for.
        journal.append(sequence: 7, events: [Self.event(3)])
        journal.append(sequence: 7, events: [Self.event(3)])
        #expect(journal.durableSequence == 6)
        #expect(try await Self.all(journal).map(\.seq) == [1, 2])
        let before = disk.afterKill()
        await journal.close()
        let (lost, _) = try open(before)
        // Group 6 had no events, so nothing tells that it was there.
        #expect(lost.durableSequence == 5)
        await lost.close()
        let (again, _) = try open()
        #expect(again.durableSequence == 7)
        #expect(try await Self.all(again).map(\.bytes) == [Self.event(1), Self.event(2), Self.event(3)])
        await again.close()
    }

    @Test func `a reader that waits is woken by events and by the end`() async throws {
        let (journal, _) = try open()
        async let first = journal.waitForMore(after: 0)
        _ = try await journal.append([Self.event(1)])
        #expect(await first)
        #expect(await journal.waitForMore(after: 0))
        async let second = journal.waitForMore(after: 1)
        await journal.close()
        #expect(await !second)
        await #expect(throws: JournalError.stopping) { try await journal.append([Self.event(2)]) }
        await #expect(throws: JournalError.stopping) { try await journal.acknowledge(upTo: 1) }
    }

    @Test func `events of groups survive a disk that fails for a while, with the same numbers`() async throws
    {
        let failures = Locked(0)
        let disk = SimulatedDisk { _ in
            failures.withLock { failures in
                guard failures > 0 else { return nil }
                failures -= 1
                return .error(EIO)
            }
        }
        let (journal, _) = try open(disk)
        journal.append(sequence: 1, events: [Self.event(1)])
        await withUnsafeContinuation { continuation in journal.whenDurable(1) { continuation.resume() } }
        failures.withLock { $0 = 5 }
        journal.append(sequence: 2, events: [Self.event(2), Self.event(3)])
        await withUnsafeContinuation { continuation in journal.whenDurable(2) { continuation.resume() } }
        #expect(try await Self.all(journal) == (1...3).map { JournalEvent(seq: $0, bytes: Self.event($0)) })
        failures.withLock { $0 = 1 }
        await #expect(throws: JournalError.self) { try await journal.append([Self.event(4)]) }
        #expect(try await journal.append([Self.event(5)]) == 4...4)
        await journal.close()
        for disk in [disk.afterKill(), disk.afterPowerLoss(seed: 2)] {
            let (again, _) = try open(disk)
            #expect(try await Self.all(again).map(\.bytes) == [1, 2, 3, 5].map { Self.event($0) })
            await again.close()
        }
    }

    @Test func `a journal keeps its name, and one that follows it when it was lost has another`()
        async throws
    {
        let (journal, _) = try open()
        #expect(journal.name.count == 16)
        await journal.close()
        for disk in [disk.afterKill(), disk.afterPowerLoss(seed: 1)] {
            let (again, _) = try open(disk)
            #expect(again.name == journal.name)
            await again.close()
        }
        disk.setContents("\(directory)/name", Array("not a name\n".utf8))
        let (damaged, _) = try open()
        #expect(damaged.name.count == 16 && damaged.name != journal.name)
        await damaged.close()
        let (next, _) = try open(SimulatedDisk(seed: 2))
        #expect(next.name != journal.name)
        await next.close()
    }

    @Test func `whatever call failed, acknowledged segments go`() async throws {
        for failing in 1...50 {
            let isArmed = Locked(false)
            let calls = Locked(0)
            let disk = SimulatedDisk { _ in
                guard isArmed.withLock({ $0 }) else { return nil }
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                return call == failing ? .error(EIO) : nil
            }
            let (journal, _) = try open(disk)
            isArmed.withLock { $0 = true }
            for number in 1...12 as ClosedRange<UInt64> {
                journal.append(sequence: number, events: [Self.event(number, bytes: 12_000)])
                await withUnsafeContinuation { continuation in
                    journal.whenDurable(number) { continuation.resume() }
                }
            }
            isArmed.withLock { $0 = false }
            try await journal.acknowledge(upTo: 12)
            #expect(disk.segments(in: directory).count == 1, "when call \(failing) fails")
            await journal.close()
        }
    }

    @Test func `a damaged event leaves a gap and the others stay`() async throws {
        let (journal, _) = try open()
        for number in 1...9 as ClosedRange<UInt64> { _ = try await journal.append([Self.event(number)]) }
        await journal.close()
        let path = try #require(disk.segments(in: directory).first)
        let bytes = try #require(disk.contents(path))
        let frameBytes = (bytes.count - SegmentHeader.bytes) / 9
        var damaged = bytes
        damaged[SegmentHeader.bytes + 3 * frameBytes + frameBytes / 2] ^= 4
        disk.setContents(path, damaged)
        let (again, recovery) = try open()
        #expect(recovery.quarantined.count == 1)
        #expect(try await Self.all(again).map(\.seq) == [1, 2, 3, 5, 6, 7, 8, 9])
        #expect(try await Self.all(again, maxBytes: 1).map(\.seq) == [1, 2, 3, 5, 6, 7, 8, 9])
        #expect(try await again.append([Self.event(10)]) == 10...10)
        await again.close()
    }

    @Test func `nobody waits in a circle for a last event that is damaged`() async throws {
        let (journal, _) = try open()
        for number in 1...3 as ClosedRange<UInt64> { _ = try await journal.append([Self.event(number)]) }
        let path = try #require(disk.segments(in: directory).first)
        var bytes = try #require(disk.contents(path))
        bytes[bytes.count - 1] ^= 1
        disk.setContents(path, bytes)
        #expect(try await Self.all(journal).map(\.seq) == [1, 2])
        async let more = journal.waitForMore(after: 2)
        #expect(try await journal.append([Self.event(4)]) == 4...4)
        #expect(await more)
        #expect(try await Self.all(journal, after: 2).map(\.seq) == [4])
        await journal.close()
    }

    @Test func `a second opener is refused, and a spool's segment is no journal's`() async throws {
        let (journal, _) = try open()
        #expect(throws: JournalError.lockedByAnother(pid: getpid())) { try open() }
        _ = try await journal.append([Self.event(1)])
        await journal.close()
        let path = try #require(disk.segments(in: directory).first)
        let other = SimulatedDisk()
        other.setContents("/spool/000000000001.segment", try #require(disk.contents(path)))
        let (spool, recovery) = try Spool.open(
            directory: "/spool", configuration: Sample.configuration(), disk: other,
            journal: try open(other).journal)
        #expect(recovery.entries.isEmpty && recovery.quarantined.count == 1)
        await spool.close()
    }

    @Test func `a damaged cursor sends again rather than losing`() async throws {
        let (journal, _) = try open()
        _ = try await journal.append((1...5).map { Self.event($0) })
        try await journal.acknowledge(upTo: 3)
        await journal.close()
        disk.setContents("\(directory)/cursor", Array("acknowledged 4 0\n".utf8))
        let (again, recovery) = try open()
        #expect(recovery.pendingEvents == 5 && recovery.warnings.count == 1)
        await again.close()
    }
}
