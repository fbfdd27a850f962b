import EventLoop
import NodeProtocol
import Spool
import Testing

/// Keys that are committed with messages, and the log that they move on to.
@Suite struct KeyLogTests {
    private static let now: Int64 = 1_800_000_000_000

    private final class Known: Sendable {
        let payloads = Locked<[[UInt8]]>([])
        func add(_ record: KeyRecord) { payloads.withLock { $0.append(record.payload) } }
        var numbers: Set<Int> { Set(payloads.withLock { $0 }.map { Int($0.first ?? 0) }) }
    }

    private struct Life {
        let keys: KeyLog
        let spool: Spool
        let recovery: Recovery
        let known: Known

        init(on disk: SimulatedDisk, now: Int64 = KeyLogTests.now) throws {
            let known = Known()
            var sizes = KeyLogConfiguration()
            sizes.segmentBytes = 12 << 10
            sizes.intervalMilliseconds = 0
            sizes.retryMilliseconds = 1
            keys = try KeyLog.open(directory: "keys", configuration: sizes, disk: disk, now: { now }) {
                known.add($0)
            }.log
            var configuration = Sample.configuration(segmentBytes: 16 << 10)
            configuration.batchIntervalMicroseconds = 0
            (spool, recovery) = try Spool.open(
                directory: "spool", configuration: configuration, disk: disk, journal: RecordingSink(),
                keys: keys)
            spool.replay(recovery) { _ in [] }
            // The last group is told of again, however old it is; whoever keeps keys looks at their time.
            for key in recovery.keys where key.at > now - 86_400_000 { known.add(key) }
            self.known = known
        }

        func close() async {
            await spool.close()
            await keys.close()
        }
    }

    private static func group(_ number: Int) -> SpoolGroup {
        let key = KeyRecord(
            at: now, payload: [UInt8(truncatingIfNeeded: number)] + Array(repeating: 7, count: 200))
        return SpoolGroup(records: [Sample.entry(number, bytes: 3000), .key(key)])
    }

    /// A sink that has what it is told it has.
    private final class PartialSink: KeySink {
        let recoveredSequence: UInt64
        init(upTo sequence: UInt64) { recoveredSequence = sequence }
        func append(sequence: UInt64, keys: [KeyRecord]) {}
        func isDurable(upTo sequence: UInt64) -> Bool { false }
        func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) {}
    }

    @Test func `all keys of a group come back when the log had only some of them`() async throws {
        let disk = SimulatedDisk()
        func open(upTo sequence: UInt64) throws -> (spool: Spool, recovery: Recovery) {
            try Spool.open(
                directory: "spool", configuration: Sample.configuration(), disk: disk,
                journal: RecordingSink(), keys: PartialSink(upTo: sequence))
        }
        let (spool, recovery) = try open(upTo: 0)
        spool.replay(recovery) { _ in [] }
        let keys = (1...3).map { SpoolRecord.key(KeyRecord(at: Self.now, payload: [$0])) }
        let committed = try await spool.commit(
            SpoolGroup(records: [Sample.entry(1, bytes: 100)] + keys))
        await spool.close()

        let again = try open(upTo: committed.sequence)
        #expect(again.recovery.keys.map(\.payload) == [[1], [2], [3]])
        again.spool.replay(again.recovery) { _ in [] }
        await again.spool.close()
    }

    /// Sends messages with keys and finishes each, so that segments go; the numbers that were acknowledged.
    private static func live(on disk: SimulatedDisk) async -> Set<Int> {
        guard let life = try? Life(on: disk) else { return [] }
        var acknowledged: Set<Int> = []
        for number in 1...24 {
            if (try? await life.spool.commit(group(number))) != nil { acknowledged.insert(number) }
            guard number > 1 else { continue }
            _ = try? await life.spool.commit(SpoolGroup(records: [.closed(Sample.id(number - 1))]))
        }
        await life.close()
        return acknowledged
    }

    @Test func `a key outlives the segments of its message`() async throws {
        let disk = SimulatedDisk()
        #expect(await Self.live(on: disk).count == 24)
        #expect(disk.segments(in: "spool").count < 6)
        let life = try Life(on: disk.afterKill())
        #expect(life.known.numbers == Set(1...24))
        await life.close()
    }

    @Test
    func
        `power loss at any call leaves a key with its message, and forgets none that was acknowledged`()
        async throws
    {
        let calls = SimulatedDisk()
        _ = await Self.live(on: calls)
        let last = calls.state.withLock { $0.calls }
        for call in stride(from: 1, through: last, by: 3) {
            let disk = SimulatedDisk(seed: UInt64(call)) { $0 >= call ? .powerLoss : nil }
            let acknowledged = await Self.live(on: disk)
            for seed in UInt64(1)...2 {
                let life = try Life(on: disk.afterPowerLoss(seed: seed))
                let open = Set(
                    life.recovery.entries.map { Int($0.id.milliseconds - Sample.id(0).milliseconds) })
                let known = life.known.numbers
                #expect(acknowledged.isSubset(of: known), "call \(call) seed \(seed)")
                #expect(open.isSubset(of: known), "call \(call) seed \(seed)")
                // What is known and was never acknowledged is there: its retry is answered for a reason.
                #expect(known.subtracting(acknowledged).isSubset(of: open), "call \(call) seed \(seed)")
                await life.close()
            }
        }
    }

    @Test func `a disk that fails for a while loses no key`() async throws {
        for call in stride(from: 8, through: 120, by: 4) {
            let disk = SimulatedDisk(seed: UInt64(call)) { (call..<call + 6).contains($0) ? .error(5) : nil }
            let acknowledged = await Self.live(on: disk)
            let life = try Life(on: disk.afterPowerLoss(seed: 1))
            #expect(acknowledged.isSubset(of: life.known.numbers), "call \(call)")
            await life.close()
        }
    }

    @Test func `keys of yesterday are forgotten, and their segments go`() async throws {
        let disk = SimulatedDisk()
        _ = await Self.live(on: disk)
        let day: Int64 = 86_400_000
        let before = disk.segments(in: "keys").count
        let last = try Life(on: disk.afterKill(), now: Self.now + day)
        #expect(last.known.numbers == Set(1...24))
        await last.close()
        let kept = disk.afterKill()
        let later = try Life(on: kept, now: Self.now + day + 1)
        #expect(later.known.numbers.isEmpty)
        later.keys.note(KeyRecord(at: Self.now + day + 1, payload: [99]))
        await later.close()
        #expect(kept.segments(in: "keys").count < max(2, before))
    }
}
