import EventLoop
import Glibc
import Journal
import NodeProtocol
import Spool
import TestSupport
import Testing

/// Spool and journal together, as a node uses them: whatever crash comes, the control plane sees each group's
/// events once, in order, under numbers without gaps.
@Suite struct CrashConsistencyTests {
    private static func spoolConfiguration() -> SpoolConfiguration {
        var configuration = Sample.configuration(segmentBytes: 20 << 10)
        configuration.compactMinSegments = 2
        return configuration
    }

    private static func journalConfiguration() -> JournalConfiguration {
        var configuration = JournalConfiguration()
        configuration.segmentBytes = 32 << 10
        configuration.maxBatchBytes = 32 << 10
        configuration.syncIntervalMilliseconds = 0
        configuration.retryMilliseconds = 1
        return configuration
    }

    /// The events of a group follow from its records alone: one for each entry and update.
    private static func events(_ records: [(MessageID, String)]) -> [[UInt8]] {
        records.filter { $0.1 != "closed" }.map { Array("\($0.1) \($0.0)".utf8) }
    }

    private static func derive(_ group: Recovery.Group) -> [[UInt8]] {
        events(
            group.records.map { record in
                switch record {
                case .entry(let id, _): (id, "accepted")
                case .update(let id, let payload): (id, "attempt \(payload.first ?? 0)")
                case .closed(let id): (id, "closed")
                }
            })
    }

    /// What outlives every crash: the control plane, and what clients were told.
    private final class Outside {
        var received: [JournalEvent] = []
        var acknowledged: Set<String> = []
        var nextNumber = 1
    }

    /// One life of a node; it ends when its disk does.
    private static func live(on disk: SimulatedDisk, _ outside: Outside) async {
        guard
            let (journal, _) = try? Journal.open(
                directory: "/journal", configuration: journalConfiguration(), disk: disk)
        else { return }
        if let (spool, recovery) = try? Spool.open(
            directory: "/spool", configuration: spoolConfiguration(), disk: disk, journal: journal)
        {
            spool.replay(recovery) { derive($0) }
            for entry in recovery.entries { await step(spool, entry.id, outside) }
            for round in 0..<5 {
                let id = Sample.id(outside.nextNumber)
                outside.nextNumber += 1
                let group = SpoolGroup(
                    records: [.entry(id, header: [1], body: Sample.body(1, bytes: 900))],
                    events: events([(id, "accepted")]))
                if (try? await spool.commit(group)) != nil { outside.acknowledged.insert("accepted \(id)") }
                await step(spool, id, outside)
                if round == 2 { await report(journal, outside) }
            }
            await spool.close()
        }
        await report(journal, outside)
        await journal.close()
    }

    /// An attempt and the end of an entry.
    private static func step(_ spool: Spool, _ id: MessageID, _ outside: Outside) async {
        guard spool.contains(id) else { return }
        let update = SpoolGroup(records: [.update(id, payload: [1])], events: events([(id, "attempt 1")]))
        if (try? await spool.commit(update)) != nil { outside.acknowledged.insert("attempt 1 \(id)") }
        if id.milliseconds % 3 != 0 { _ = try? await spool.commit(SpoolGroup(records: [.closed(id)])) }
    }

    /// The uplink: sends what is durable, keeps what the control plane does not have yet, acknowledges.
    private static func report(_ journal: Journal, _ outside: Outside) async {
        let last = outside.received.last?.seq ?? 0
        guard let events = try? await JournalTests.all(journal, after: last) else { return }
        outside.received += events
        try? await journal.acknowledge(upTo: outside.received.last?.seq ?? 0)
    }

    private static func judge(_ outside: Outside) -> String? {
        if outside.received.map(\.seq) != (0..<outside.received.count).map({ UInt64($0) + 1 }) {
            return "numbers are not 1, 2, 3 …"
        }
        let texts = outside.received.map { String(decoding: $0.bytes, as: UTF8.self) }
        var seen: Set<String> = []
        for text in texts where text.hasPrefix("accepted") && !seen.insert(text).inserted {
            return "\(text): twice"
        }
        if let lost = outside.acknowledged.first(where: { !texts.contains($0) }) { return "\(lost): lost" }
        return nil
    }

    /// Three lives, the first two ended by a fault at a call that the seed chooses, and a last one that is
    /// quiet.
    @Test func `no event is lost or doubled by crashes of either log`() async throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let outside = Outside()
            var disk = SimulatedDisk(seed: seed, fault: Self.fault(&random))
            for _ in 0..<3 {
                await Self.live(on: disk, outside)
                let next = Self.fault(&random)
                disk =
                    random.next() % 3 == 0
                    ? disk.afterKill(fault: next) : disk.afterPowerLoss(seed: seed, fault: next)
            }
            let quiet = disk.afterKill()
            await Self.live(on: quiet, outside)
            await Self.reportAll(quiet.afterKill(), outside)
            let found = Self.judge(outside)
            #expect(found == nil, "seed \(seed): \(found ?? "")")
        }
    }

    private static func fault(_ random: inout SeededRandom) -> @Sendable (Int) -> SimulatedDisk.Fault? {
        let call = Int(random.next() % 120) + 1
        switch random.next() % 4 {
        case 0: return { $0 == call ? .error(EIO) : nil }
        case 1: return { (call..<call + 4).contains($0) ? .error(ENOSPC) : nil }
        default: return { $0 == call ? .powerLoss : nil }
        }
    }

    /// The fsync order allows the journal to be behind the spool by any number of frames, never before it.
    @Test func `a journal cut at any frame gets the missing events again`() async throws {
        let disk = SimulatedDisk()
        let outside = Outside()
        let (journal, _) = try Journal.open(
            directory: "/journal", configuration: Self.journalConfiguration(), disk: disk)
        let (spool, _) = try Spool.open(
            directory: "/spool", configuration: Sample.configuration(), disk: disk, journal: journal)
        for number in 1...6 {
            let ids = [Sample.id(number * 2), Sample.id(number * 2 + 1)]
            let group = SpoolGroup(
                records: ids.map { .entry($0, header: [1], body: [2]) },
                events: Self.events(ids.map { ($0, "accepted") }))
            _ = try await spool.commit(group)
        }
        await spool.close()
        await journal.close()
        await Self.reportAll(disk, outside)
        let all = outside.received
        #expect(all.count == 12)
        let path = try #require(disk.segments(in: "/journal").last)
        let bytes = try #require(disk.contents(path))
        let frameBytes = (bytes.count - SegmentHeader.bytes) / 12
        for frames in 0...12 {
            let copy = disk.afterKill()
            copy.setContents(path, Array(bytes[..<(SegmentHeader.bytes + frames * frameBytes)]))
            let again = Outside()
            await Self.reportAll(copy, again)
            #expect(again.received == all, "journal cut after \(frames) frames")
        }
        // The spool cut with it: what neither log has was never acknowledged.
        let spoolPath = try #require(disk.segments(in: "/spool").last)
        let spoolBytes = try #require(disk.contents(spoolPath))
        let groupBytes = (spoolBytes.count - SegmentHeader.bytes) / 6
        for groups in 0...6 {
            for journaled in 0...groups {
                let copy = disk.afterKill()
                copy.setContents(spoolPath, Array(spoolBytes[..<(SegmentHeader.bytes + groups * groupBytes)]))
                copy.setContents(path, Array(bytes[..<(SegmentHeader.bytes + journaled * 2 * frameBytes)]))
                let again = Outside()
                await Self.reportAll(copy, again)
                #expect(
                    again.received == Array(all[..<(groups * 2)]), "spool \(groups), journal \(journaled)")
            }
        }
    }

    private static func reportAll(_ disk: SimulatedDisk, _ outside: Outside) async {
        guard
            let (journal, _) = try? Journal.open(
                directory: "/journal", configuration: journalConfiguration(), disk: disk),
            let (spool, recovery) = try? Spool.open(
                directory: "/spool", configuration: Sample.configuration(), disk: disk, journal: journal)
        else { return }
        spool.replay(recovery) { derive($0) }
        await spool.close()
        let last = recovery.unjournaled.last?.sequence ?? 0
        await withUnsafeContinuation { continuation in journal.whenDurable(last) { continuation.resume() } }
        outside.received +=
            (try? await JournalTests.all(journal, after: outside.received.last?.seq ?? 0)) ?? []
        await journal.close()
    }
}
