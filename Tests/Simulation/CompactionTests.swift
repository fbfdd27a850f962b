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
    private let sequence = Locked<UInt64>(0)
    var durableSequence: UInt64 { sequence.withLock { $0 } }
    var hasRoom: Bool { true }
    func append(sequence: UInt64, events: [[UInt8]]) { self.sequence.withLock { $0 = sequence } }
    func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) { body() }
}
