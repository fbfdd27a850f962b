import EventLoop
import NodeProtocol
import Testing

@testable import Spool

/// What is open at a start, read one entry at a time.
@Suite struct RecoveredEntriesTests {
    private let directory = "/spool"

    private func open(
        _ disk: SimulatedDisk, _ configuration: SpoolConfiguration = Sample.configuration()
    ) throws(SpoolError) -> (spool: Spool, recovery: Recovery) {
        let (spool, recovery) = try Spool.open(
            directory: directory, configuration: configuration, disk: disk, journal: RecordingSink())
        spool.replay(recovery) { _ in [] }
        return (spool, recovery)
    }

    @Test func `headers and updates larger than a window come back whole and in order`() async throws {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        let sizes = [0, 1, 4_000, 5_000, 65_536, 70_000, 200_000, 3]
        for (number, size) in sizes.enumerated() {
            _ = try await spool.commit(
                SpoolGroup(records: [
                    .entry(
                        Sample.id(number), header: Sample.body(number, bytes: size),
                        body: Sample.body(number, bytes: 9_000))
                ]))
        }
        for (number, size) in sizes.enumerated().reversed() {
            for turn in 0..<3 {
                let payload = Sample.body(turn, bytes: size)
                _ = try await spool.commit(
                    SpoolGroup(records: [.update(Sample.id(number), payload: payload)]))
            }
        }
        await spool.close()
        let (again, recovery) = try open(disk)
        #expect(recovery.entries.count == sizes.count)
        let entries = Array(recovery.entries)
        #expect(entries.map(\.id) == sizes.indices.map(Sample.id))
        for (number, size) in sizes.enumerated() {
            #expect(entries[number].header == Sample.body(number, bytes: size))
            #expect(entries[number].updates == (0..<3).map { Sample.body($0, bytes: size) })
        }
        await again.close()
    }

    @Test func `damage to one update takes neither those before it nor those behind it`() async throws {
        let payloads = (1...4).map { Array("what happened in turn \($0)".utf8) }
        for damagedTurn in payloads.indices {
            let disk = SimulatedDisk()
            let (spool, _) = try open(disk)
            _ = try await spool.commit(Sample.group(1))
            for payload in payloads {
                _ = try await spool.commit(
                    SpoolGroup(records: [.update(Sample.id(1), payload: payload)]))
            }
            // So that a later batch proves that the last update was durable too.
            _ = try await spool.commit(Sample.group(2))
            await spool.close()
            let path = try #require(disk.segments(in: directory).first)
            var bytes = try #require(disk.contents(path))
            let place = try #require(bytes.firstRange(of: payloads[damagedTurn]))
            bytes[place.lowerBound] ^= 1
            disk.setContents(path, bytes)

            let (again, recovery) = try open(disk)
            var left = payloads
            left.remove(at: damagedTurn)
            #expect(recovery.entries.map(\.updates) == [left, []])
            #expect(try await again.entry(of: Sample.id(1)).updates == left)
            await again.close()
        }
    }

    @Test func `what is closed before its turn is left out, and what is moved is found`() async throws {
        let disk = SimulatedDisk()
        var configuration = Sample.configuration()
        configuration.compactMinSegments = 2
        configuration.compactDeadPercent = 30
        let (spool, _) = try open(disk)
        for number in 0..<400 { _ = try await spool.commit(Sample.group(number, bytes: 1_500)) }
        await spool.close()

        let (again, recovery) = try open(disk, configuration)
        var entries = recovery.entries.makeIterator()
        #expect(entries.next()?.id == Sample.id(0))
        let before = disk.segments(in: directory)
        for number in 1..<400 where number % 3 != 0 {
            _ = try await again.commit(SpoolGroup(records: [.closed(Sample.id(number))]))
        }
        // Its turn comes when the compactor has emptied and deleted the segments that it was in.
        for number in 1_000..<1_400 {
            _ = try await again.commit(Sample.group(number, bytes: 1_500))
            _ = try await again.commit(SpoolGroup(records: [.closed(Sample.id(number))]))
        }
        #expect(disk.segments(in: directory).first != before.first)
        var found: [MessageID] = []
        while let entry = entries.next() {
            #expect(!entry.header.isEmpty)
            found.append(entry.id)
        }
        #expect(found == (1..<400).filter { $0 % 3 == 0 }.map(Sample.id))
        await again.close()
    }
}
