import EventLoop
import Glibc
import NodeProtocol
import Spool
import Testing

/// Fails the N-th call, for N = 1, 2, 3 … until a whole run passes untouched, and judges what each run
/// leaves.
@Suite struct FaultTests {
    private let directory = "/spool"
    private let groups = 16

    private func configuration() -> SpoolConfiguration {
        var configuration = Sample.configuration(segmentBytes: 20 << 10)
        configuration.compactMinSegments = 2
        return configuration
    }

    /// One life of a spool on a disk, and what the client saw of it.
    private func live(on disk: SimulatedDisk, sink: RecordingSink) async -> Ledger {
        var ledger = Ledger()
        guard
            let (spool, recovery) = try? Spool.open(
                directory: directory, configuration: configuration(), disk: disk, journal: sink)
        else { return ledger }
        spool.replay(recovery) { _ in [] }
        await ledger.work(spool, groups: 0..<groups)
        await spool.close()
        return ledger
    }

    /// Opens what is left, judges it, and sees that it works on.
    private func judge(_ ledger: Ledger, on disk: SimulatedDisk, journaled: UInt64) async throws -> String? {
        let (spool, recovery) = try Spool.open(
            directory: directory, configuration: configuration(), disk: disk,
            journal: RecordingSink(durable: journaled))
        spool.replay(recovery) { _ in [] }
        if let fault = await ledger.judge(spool, recovery) { return fault }
        let next = try await spool.commit(Sample.group(100_000))
        if next.sequence <= ledger.lastSequence { return "sequence \(next.sequence) was given before" }
        await spool.close()
        return nil
    }

    private func loop(
        _ name: String, step: Int = 1,
        _ fault: @escaping @Sendable (_ call: Int, _ n: Int) -> SimulatedDisk.Fault?
    ) async throws {
        for n in stride(from: 1, to: 10_000, by: step) {
            let disk = SimulatedDisk(seed: UInt64(n)) { fault($0, n) }
            let sink = RecordingSink()
            let ledger = await live(on: disk, sink: sink)
            let journaled = sink.durableSequence
            let found = try await judge(ledger, on: disk.afterKill(), journaled: journaled)
            #expect(found == nil, "\(name) at call \(n), then killed: \(found ?? "")")
            for seed in 1...2 as ClosedRange<UInt64> {
                let found = try await judge(ledger, on: disk.afterPowerLoss(seed: seed), journaled: journaled)
                #expect(found == nil, "\(name) at call \(n), then power loss \(seed): \(found ?? "")")
            }
            if disk.calls < n { return }
        }
        Issue.record("the loop did not end")
    }

    @Test func `one failing call loses nothing that was acknowledged`() async throws {
        try await loop("EIO") { call, n in call == n ? .error(EIO) : nil }
    }

    @Test func `a disk that fails for a while loses nothing`() async throws {
        try await loop("EIO three times", step: 2) { call, n in (n..<n + 3).contains(call) ? .error(EIO) : nil
        }
    }

    @Test func `a disk that fails for ever loses nothing`() async throws {
        try await loop("EIO for ever", step: 2) { call, n in call >= n ? .error(EIO) : nil }
    }

    @Test func `a short write is completed`() async throws {
        try await loop("short write", step: 9) { call, n in call >= n ? .short : nil }
    }

    @Test func `power loss at any call leaves whole groups`() async throws {
        try await loop("power loss") { call, n in call == n ? .powerLoss : nil }
    }

    /// The kernel forgets that the pages of a failed fdatasync were dirty: the next one succeeds and writes
    /// nothing.
    @Test func `what a start counts stays, also behind a failed fdatasync`() async throws {
        for n in 1...60 {
            let disk = SimulatedDisk(seed: UInt64(n)) { call in
                call == n ? .error(EIO) : call == n + 1 ? .powerLoss : nil
            }
            _ = await live(on: disk, sink: RecordingSink())
            let killed = disk.afterKill()
            let (spool, recovery) = try Spool.open(
                directory: directory, configuration: configuration(), disk: killed,
                journal: RecordingSink(durable: 1 << 40))
            await spool.close()
            for seed in 1...4 as ClosedRange<UInt64> {
                let (spool, after) = try Spool.open(
                    directory: directory, configuration: configuration(),
                    disk: killed.afterPowerLoss(seed: seed), journal: RecordingSink(durable: 1 << 40))
                await spool.close()
                let isSame =
                    after.entries.map(\.id) == recovery.entries.map(\.id)
                    && after.entries.map(\.updates) == recovery.entries.map(\.updates)
                #expect(isSame, "call \(n), seed \(seed)")
            }
        }
    }

    @Test func `a failed fdatasync is final for its segment`() async throws {
        let fails = Locked(false)
        let disk = SimulatedDisk { _ in
            fails.withLock { fails in
                defer { fails = false }
                return fails ? .error(EIO) : nil
            }
        }
        let (spool, _) = try Spool.open(
            directory: directory, configuration: Sample.configuration(), disk: disk, journal: RecordingSink())
        _ = try await spool.commit(Sample.group(1))
        let before = disk.calls
        _ = try await spool.commit(Sample.group(2))
        // A commit in a segment that exists is one write and one fdatasync, and nothing else.
        #expect(disk.calls == before + 2)
        fails.withLock { $0 = true }
        await #expect(throws: SpoolError.diskFailed(SystemError(code: EIO, operation: "write"))) {
            try await spool.commit(Sample.group(3))
        }
        #expect(!spool.statistics.isHealthy)
        #expect(disk.segments(in: directory).count == 1)
        #expect(try await spool.commit(Sample.group(4)).sequence == 3)
        #expect(disk.segments(in: directory).count == 2)
        #expect(spool.statistics.isHealthy && !spool.contains(Sample.id(3)))
        await spool.close()
    }

    @Test func `a full disk refuses with its own error and recovers by itself`() async throws {
        let isFull = Locked(false)
        let disk = SimulatedDisk { _ in isFull.withLock { $0 } ? .error(ENOSPC) : nil }
        let (spool, _) = try Spool.open(
            directory: directory, configuration: Sample.configuration(), disk: disk, journal: RecordingSink())
        isFull.withLock { $0 = true }
        await #expect(throws: SpoolError.diskLow) { try await spool.commit(Sample.group(1)) }
        isFull.withLock { $0 = false }
        _ = try await spool.commit(Sample.group(1))
        await spool.close()
    }

    @Test(arguments: [(0.05, 1.0), (1.0, 0.05)])
    func `below the threshold entries are refused and deliveries go on`(bytes: Double, inodes: Double)
        async throws
    {
        let disk = SimulatedDisk()
        var configuration = Sample.configuration()
        configuration.minFreePercent = 10
        let (spool, _) = try Spool.open(
            directory: directory, configuration: configuration, disk: disk, journal: RecordingSink())
        _ = try await spool.commit(Sample.group(1))
        disk.setFree(bytes: bytes, inodes: inodes)
        await #expect(throws: SpoolError.diskLow) { try await spool.commit(Sample.group(2)) }
        #expect(spool.statistics.isDiskLow)
        _ = try await spool.commit(SpoolGroup(records: [.update(Sample.id(1), payload: [1])]))
        _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(1))]))
        disk.setFree()
        _ = try await spool.commit(Sample.group(2))
        #expect(!spool.statistics.isDiskLow)
        await spool.close()
    }
}
