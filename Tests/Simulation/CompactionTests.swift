import EventLoop
import NodeProtocol
import Simulator
import Spool
import Testing

@Suite struct CompactionTests {
    /// Small bodies that are tried again and again leave far more behind in records of attempts than in
    /// entries.
    @Test func `a spool that only waits leaves its disk alone`() async {
        let (ending, calls) = await Seeds.onThread { Self.wait() }
        #expect(ending.stuck == nil)
        #expect(calls.before > 1_000 && calls.before == calls.after)
    }

    /// A journal passes over what comes behind a later group, so a copy that came first would take the events
    /// of all that it missed.
    @Test func `nothing moves in a spool before the journal has what it missed`() async {
        let (ending, before, after) = await Seeds.onThread { Self.startWithoutJournal() }
        #expect(ending.stuck == nil)
        #expect(before == [])
        #expect(Array(after.prefix(400)) == Array(1...400))
        // What was put off is done then.
        #expect(after.count > 400)
    }

    /// Fills a spool with what is worth compacting, loses the journal and starts again; the groups that the
    /// new journal was given until the replay, and in the end.
    private static func startWithoutJournal() -> (Simulator.Ending, before: [UInt64]?, after: [UInt64]) {
        let result = Locked<(before: [UInt64]?, after: [UInt64])>((nil, []))
        let ending = Simulator.run(seed: 1) { simulator in
            let disk = SimulatedDisk(
                simulator, troubles: DiskTroubles(), sectorBytes: 512, omitted: nil, onEnd: {})
            var configuration = SpoolConfiguration()
            configuration.segmentBytes = 32 << 10
            configuration.maxBatchBytes = 8 << 10
            configuration.compactMinSegments = .max
            guard let loop = try? EventLoop(),
                let (spool, _) = try? Spool.open(
                    directory: "/spool", configuration: configuration, disk: disk, journal: NoJournal())
            else { return }
            configuration.compactMinSegments = 2
            let again = configuration
            loop.start()
            let isDone = Condition(false)
            loop.spawn {
                for number in 0..<200 as Range<UInt64> {
                    let id = MessageID(milliseconds: number, node: 1, random: (0, number))
                    let entry = SpoolRecord.entry(id, header: [1], body: [UInt8](repeating: 1, count: 300))
                    _ = try? await spool.commit(SpoolGroup(records: [entry]))
                    let next = number % 10 == 0 ? SpoolRecord.update(id, payload: [2]) : .closed(id)
                    _ = try? await spool.commit(SpoolGroup(records: [next]))
                }
                await spool.close()
                let journal = NoJournal()
                if let (spool, recovery) = try? Spool.open(
                    directory: "/spool", configuration: again, disk: disk, journal: journal)
                {
                    await loop.sleep(.seconds(60))
                    let before = journal.taken
                    spool.replay(recovery) { _ in [[1]] }
                    await loop.sleep(.seconds(60))
                    result.withLock { $0 = (before, journal.taken) }
                    await spool.close()
                }
                isDone.signal { $0 = true }
            }
            isDone.wait { $0 ? () : nil }
            loop.stop()
            loop.join()
        }
        let (before, after) = result.withLock { $0 }
        return (ending, before, after)
    }

    /// Fills a spool; the calls to its disk after ten minutes and after twenty.
    private static func wait() -> (Simulator.Ending, (before: Int, after: Int)) {
        let calls = Locked((before: 0, after: 0))
        let ending = Simulator.run(seed: 1) { simulator in
            let disk = SimulatedDisk(
                simulator, troubles: DiskTroubles(), sectorBytes: 512, omitted: nil, onEnd: {})
            var configuration = SpoolConfiguration()
            configuration.segmentBytes = 32 << 10
            configuration.maxBatchBytes = 8 << 10
            configuration.compactMinSegments = 2
            guard
                let (spool, _) = try? Spool.open(
                    directory: "/spool", configuration: configuration, disk: disk, journal: NoJournal()),
                let loop = try? EventLoop()
            else { return }
            loop.start()
            let isDone = Condition(false)
            loop.spawn {
                for number in 0..<100 {
                    let id = MessageID(milliseconds: UInt64(number), node: 1, random: (0, UInt64(number)))
                    let entry = SpoolRecord.entry(id, header: [1], body: [UInt8](repeating: 1, count: 100))
                    _ = try? await spool.commit(SpoolGroup(records: [entry]))
                    for _ in 0..<6 {
                        let update = SpoolRecord.update(id, payload: [UInt8](repeating: 2, count: 300))
                        _ = try? await spool.commit(SpoolGroup(records: [update]))
                    }
                }
                await loop.sleep(.seconds(600))
                calls.withLock { $0.before = disk.calls }
                await loop.sleep(.seconds(600))
                calls.withLock { $0.after = disk.calls }
                await spool.close()
                isDone.signal { $0 = true }
            }
            isDone.wait { $0 ? () : nil }
            loop.stop()
            loop.join()
        }
        return (ending, calls.withLock { $0 })
    }
}

/// A journal that has everything as soon as it is told.
private final class NoJournal: JournalSink {
    private let sequences = Locked<[UInt64]>([])
    /// The groups that it was given, in that order.
    var taken: [UInt64] { sequences.withLock { $0 } }
    var durableSequence: UInt64 { sequences.withLock { $0.last ?? 0 } }
    var hasRoom: Bool { true }
    func append(sequence: UInt64, events: [[UInt8]]) { sequences.withLock { $0.append(sequence) } }
    func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) { body() }
}
