import EventLoop
import NodeProtocol
import Testing

@testable import Spool

/// Torn, cut, flipped and foreign bytes: what recovery makes of them.
@Suite struct DamageTests {
    private let directory = "/spool"
    private let entries = 5

    private func open(_ disk: SimulatedDisk) throws(SpoolError) -> (spool: Spool, recovery: Recovery) {
        var configuration = Sample.configuration()
        configuration.bodyCacheBytes = 0
        let (spool, recovery) = try Spool.open(
            directory: directory, configuration: configuration, disk: disk, journal: RecordingSink())
        spool.replay(recovery) { _ in [] }
        return (spool, recovery)
    }

    /// A disk with one segment of five entries, each its own batch, and the segment's bytes.
    private func filled() async throws -> (disk: SimulatedDisk, path: String, bytes: [UInt8]) {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        for number in 1...entries { _ = try await spool.commit(Sample.group(number, bytes: 40)) }
        await spool.close()
        let path = try #require(disk.segments(in: directory).first)
        return (disk, path, try #require(disk.contents(path)))
    }

    /// Opens a disk whose only segment has these bytes; gives the entries whose header and body are right,
    /// and what was put aside. Any wrong one fails the test.
    private func numbers(
        _ bytes: [UInt8], _ path: String, also names: [String: [UInt8]] = [:]
    ) async throws -> (found: [Int], recovery: Recovery, disk: SimulatedDisk) {
        let disk = SimulatedDisk()
        disk.setContents(path, bytes)
        for (name, bytes) in names { disk.setContents("\(directory)/\(name)", bytes) }
        let (spool, recovery) = try open(disk)
        var found: [Int] = []
        for entry in recovery.entries {
            let number = try #require((1...entries).first { Sample.id($0) == entry.id })
            #expect(entry.header == Sample.header(number))
            #expect(try await spool.body(of: entry.id) == Sample.body(number, bytes: 40))
            found.append(number)
        }
        await spool.close()
        return (found, recovery, disk)
    }

    /// One damaged record behind the entry of message 1: the message is not lost by it.
    @Test(arguments: [SpoolRecord.update(Sample.id(1), payload: [1, 2, 3]), .closed(Sample.id(1))])
    func `a torn update or closing tells of no lost message`(record: SpoolRecord) async throws {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        _ = try await spool.commit(Sample.group(1, bytes: 40))
        _ = try await spool.commit(SpoolGroup(records: [record]))
        await spool.close()
        let path = try #require(disk.segments(in: directory).first)
        let bytes = try #require(disk.contents(path))

        let (found, recovery, _) = try await numbers(bytes.dropLast() + [bytes[bytes.count - 1] ^ 1], path)
        #expect(found == [1])
        #expect(recovery.quarantined.map(\.messages) == [[]])
    }

    @Test func `a file cut at any byte loses only what is behind the cut`() async throws {
        let (_, path, bytes) = try await filled()
        let frameBytes = (bytes.count - SegmentHeader.bytes) / entries
        for length in SegmentHeader.bytes...bytes.count {
            let whole = (length - SegmentHeader.bytes) / frameBytes
            let (found, recovery, disk) = try await numbers(Array(bytes[..<length]), path)
            #expect(found == Array(1..<(whole + 1)), "cut at \(length)")
            let torn = (length - SegmentHeader.bytes) % frameBytes
            #expect(recovery.tornTailBytes == torn)
            #expect(disk.contents(path)?.count == length - torn)
        }
    }

    @Test func `a file without a whole header was never used`() async throws {
        let (_, path, bytes) = try await filled()
        for length in [0, 1, 67] {
            let (found, recovery, disk) = try await numbers(Array(bytes[..<length]), path)
            #expect(found.isEmpty && recovery.warnings.count == 1)
            #expect(!disk.paths.contains(path))
        }
    }

    @Test func `one flipped bit costs one entry, and never alters one`() async throws {
        let (_, path, bytes) = try await filled()
        let frameBytes = (bytes.count - SegmentHeader.bytes) / entries
        for offset in stride(from: SegmentHeader.bytes, to: bytes.count, by: 1) {
            var damaged = bytes
            damaged[offset] ^= 1 << UInt8(offset % 8)
            let hit = (offset - SegmentHeader.bytes) / frameBytes + 1
            let (found, recovery, disk) = try await numbers(damaged, path)
            #expect(found == (1...entries).filter { $0 != hit }, "flipped at \(offset)")
            #expect(recovery.quarantined.count == 1)
            let item = try #require(recovery.quarantined.first)
            let start = SegmentHeader.bytes + (hit - 1) * frameBytes
            #expect(disk.contents(item.path) == Array(damaged[start..<start + frameBytes]))
            let note = String(decoding: disk.contents(item.path + ".txt") ?? [], as: UTF8.self)
            #expect(note.contains("offset \(start), \(frameBytes) bytes"))
        }
    }

    @Test func `a zeroed stretch costs the entries that it touches`() async throws {
        let (_, path, bytes) = try await filled()
        let frameBytes = (bytes.count - SegmentHeader.bytes) / entries
        for start in stride(from: SegmentHeader.bytes, to: bytes.count - frameBytes, by: 5) {
            var damaged = bytes
            for offset in start..<start + frameBytes { damaged[offset] = 0 }
            let first = (start - SegmentHeader.bytes) / frameBytes + 1
            let last = (start + frameBytes - 1 - SegmentHeader.bytes) / frameBytes + 1
            let (found, _, _) = try await numbers(damaged, path)
            #expect(found == (1...entries).filter { !(first...last).contains($0) }, "zeroed from \(start)")
        }
    }

    @Test func `the second copy of the header serves when the first is bad`() async throws {
        let (_, path, bytes) = try await filled()
        var damaged = bytes
        for offset in 0..<4096 { damaged[offset] = 0 }
        #expect(try await numbers(damaged, path).found == Array(1...entries))
        for offset in 4096..<8192 { damaged[offset] = 0xFF }
        let (found, recovery, disk) = try await numbers(damaged, path)
        #expect(found.isEmpty && recovery.quarantined.count == 1)
        #expect(!disk.paths.contains(path))
        let item = try #require(recovery.quarantined.first)
        #expect(disk.contents(item.path) == damaged)
    }

    @Test func `a newer format is refused, a flipped version is not`() async throws {
        let (_, path, bytes) = try await filled()
        var other = bytes
        other[8] = 2
        #expect(try await numbers(other, path).found == Array(1...entries))
        other[4096 + 8] = 2
        let disk = SimulatedDisk()
        disk.setContents(path, other)
        #expect(throws: SpoolError.unknownFormat(version: 2, path: path)) { try open(disk) }
        #expect(disk.contents(path) == other)
        disk.setContents(path, bytes)
        let (spool, recovery) = try open(disk)
        #expect(recovery.entries.count == entries)
        await spool.close()
    }

    @Test func `foreign names are left alone and reported`() async throws {
        let (_, path, bytes) = try await filled()
        let stray = [
            "core", "000000000001.segment.bak", "1.segment", "README", "99999999999999999999.segment",
        ]
        let (found, recovery, disk) = try await numbers(
            bytes, path, also: Dictionary(uniqueKeysWithValues: stray.map { ($0, [1, 2, 3]) }))
        #expect(found == Array(1...entries))
        #expect(recovery.strayNames == stray.sorted())
        for name in stray { #expect(disk.contents("\(directory)/\(name)") == [1, 2, 3]) }
    }

    @Test func `bytes that go bad later are found when the body is read`() async throws {
        let (disk, path, bytes) = try await filled()
        let (spool, _) = try open(disk)
        var damaged = bytes
        damaged[SegmentHeader.bytes + 70] ^= 1
        disk.setContents(path, damaged)
        await #expect(throws: SpoolError.corrupt(Sample.id(1))) { try await spool.body(of: Sample.id(1)) }
        await #expect(throws: SpoolError.corrupt(Sample.id(1))) { try await spool.body(of: Sample.id(1)) }
        #expect(disk.paths.filter { $0.contains("quarantine/") && !$0.hasSuffix(".txt") }.count == 1)
        #expect(try await spool.body(of: Sample.id(2)) == Sample.body(2, bytes: 40))
        #expect(spool.statistics.corruptReads == 2)
        _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(1))]))
        await spool.close()
    }

    @Test func `a body that looks like a segment is not read as one`() async throws {
        let (disk, path, bytes) = try await filled()
        // The whole file as a body, then a hole over the head of the frame that carries it.
        let (spool, _) = try open(disk)
        _ = try await spool.commit(
            SpoolGroup(records: [.entry(Sample.id(9), header: [], body: bytes)]))
        _ = try await spool.commit(Sample.group(10))
        await spool.close()
        let second = try #require(disk.segments(in: directory).last)
        #expect(second != path)
        var damaged = try #require(disk.contents(second))
        for offset in SegmentHeader.bytes..<SegmentHeader.bytes + 20 { damaged[offset] = 0 }
        disk.setContents(second, damaged)
        let (again, recovery) = try open(disk)
        #expect(recovery.entries.map(\.id) == (1...entries).map(Sample.id) + [Sample.id(10)])
        await again.close()
    }
}
