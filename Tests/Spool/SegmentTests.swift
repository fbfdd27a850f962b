import EventLoop
import NodeProtocol
import Spool
import Testing

/// How segments come and go.
@Suite struct SegmentTests {
    private let directory = "/spool"
    private let disk = SimulatedDisk()
    private let sink = RecordingSink()

    private func open(compacting: Bool = false, on disk: SimulatedDisk? = nil) throws -> (Spool, Recovery) {
        var configuration = Sample.configuration(segmentBytes: 24 << 10)
        if compacting { configuration.compactMinSegments = 2 }
        configuration.bodyCacheBytes = 0
        return try Spool.open(
            directory: directory, configuration: configuration, disk: disk ?? self.disk,
            journal: disk == nil ? sink : RecordingSink(durable: sink.durableSequence))
    }

    @Test func `a drained spool keeps one segment`() async throws {
        let (spool, _) = try open()
        for number in 0..<60 { _ = try await spool.commit(Sample.group(number, bytes: 1500)) }
        #expect(disk.segments(in: directory).count > 4)
        for number in 0..<60 { _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(number))])) }
        await spool.close()
        #expect(disk.segments(in: directory).count == 1)
        #expect(spool.statistics.segments == 1 && spool.statistics.openEntries == 0)
        let last = try #require(disk.segments(in: directory).first)
        #expect(spool.statistics.diskBytes == disk.contents(last)?.count)
        let (again, recovery) = try open()
        #expect(recovery.entries.isEmpty)
        #expect(try await again.commit(Sample.group(1)).sequence == 121)
        await again.close()
    }

    @Test func `no segment goes before the journal has its events`() async throws {
        let (spool, _) = try open()
        sink.hold()
        for number in 0..<60 {
            _ = try await spool.commit(Sample.group(number, bytes: 1500))
            _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(number))]))
        }
        #expect(disk.segments(in: directory).count > 4)
        sink.release()
        await spool.close()
        #expect(disk.segments(in: directory).count == 1)
    }

    @Test func `an entry that stays long is copied on, with its updates in order`() async throws {
        let (spool, _) = try open(compacting: true)
        _ = try await spool.commit(Sample.group(1_000))
        var payloads: [[UInt8]] = []
        for number in 0..<200 {
            _ = try await spool.commit(Sample.group(number, bytes: 1500))
            var records = [SpoolRecord.closed(Sample.id(number))]
            if number % 20 == 0 {
                payloads.append([UInt8(number)])
                records.append(.update(Sample.id(1_000), payload: [UInt8(number)]))
            }
            _ = try await spool.commit(SpoolGroup(records: records))
        }
        let written = 200 * 1600
        #expect(spool.statistics.diskBytes < written / 2)
        #expect(try await spool.body(of: Sample.id(1_000)) == Sample.body(1_000))
        await spool.close()
        for disk in [disk.afterKill(), disk.afterPowerLoss(seed: 3)] {
            let (again, recovery) = try open(on: disk)
            #expect(recovery.entries.map(\.id) == [Sample.id(1_000)])
            #expect(recovery.entries.map(\.updates) == [payloads])
            #expect(recovery.unjournaled.isEmpty)
            #expect(try await again.body(of: Sample.id(1_000)) == Sample.body(1_000))
            await again.close()
        }
    }

    @Test func `bodies can be read while their segments are compacted away`() async throws {
        let (spool, _) = try open(compacting: true)
        let lasting = (0..<20).map { 1_000 + $0 }
        for number in lasting { _ = try await spool.commit(Sample.group(number)) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                for number in 0..<300 {
                    _ = try await spool.commit(Sample.group(number, bytes: 1500))
                    _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(number))]))
                }
            }
            tasks.addTask {
                for round in 0..<300 {
                    let number = lasting[round % lasting.count]
                    let body = try await spool.body(of: Sample.id(number))
                    #expect(body == Sample.body(number))
                }
            }
            try await tasks.waitForAll()
        }
        await spool.close()
    }

    @Test func `a group greater than a segment has one of its own`() async throws {
        let (spool, _) = try open()
        _ = try await spool.commit(Sample.group(1, bytes: 100_000))
        _ = try await spool.commit(Sample.group(2, bytes: 100_000))
        #expect(disk.segments(in: directory).count == 2)
        #expect(try await spool.body(of: Sample.id(1)) == Sample.body(1, bytes: 100_000))
        await spool.close()
    }
}
