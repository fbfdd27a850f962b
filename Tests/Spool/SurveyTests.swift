import EventLoop
import NodeProtocol
import Testing

@testable import Spool

/// Reading a spool's folder without its lock.
@Suite struct SurveyTests {
    private let directory = "/spool"

    private func open(_ disk: SimulatedDisk) throws(SpoolError) -> (spool: Spool, recovery: Recovery) {
        let (spool, recovery) = try Spool.open(
            directory: directory, configuration: Sample.configuration(segmentBytes: 20 << 10), disk: disk,
            journal: RecordingSink())
        spool.replay(recovery) { _ in [] }
        return (spool, recovery)
    }

    @Test func `a spool at work is read over all its segments, and nothing of it changes`() async throws {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        for number in 1...60 { _ = try await spool.commit(Sample.group(number, bytes: 1_000)) }
        _ = try await spool.commit(
            SpoolGroup(records: [.update(Sample.id(7), payload: [1, 2, 3]), .closed(Sample.id(8))]))
        let before = disk.paths.map { disk.contents($0) }

        let survey = try SpoolSurvey(directory: directory, disk: disk)
        #expect(survey.log.segments.count > 2)
        #expect(survey.log.damage.isEmpty && survey.log.unreadableSegments.isEmpty)
        let entries = Array(survey.entries)
        #expect(entries.map(\.id) == (1...60).filter { $0 != 8 }.map { Sample.id($0) })
        #expect(entries.first { $0.id == Sample.id(7) }?.updates == [[1, 2, 3]])
        #expect(survey.liveBytes == spool.statistics.liveBytes)
        #expect(disk.paths.map { disk.contents($0) } == before)
        await spool.close()
    }

    @Test func `the newest segment may grow while it is read`() async throws {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        for number in 1...3 { _ = try await spool.commit(Sample.group(number)) }
        await spool.close()
        let path = try #require(disk.segments(in: directory).first)
        let whole = try #require(disk.contents(path))
        for length in [whole.count - 1, whole.count - 200] {
            disk.setContents(path, Array(whole[..<length]))
            let survey = try SpoolSurvey(directory: directory, disk: disk)
            #expect(survey.entries.map(\.id) == [Sample.id(1), Sample.id(2)])
            #expect(survey.log.damage.isEmpty)
            #expect(survey.log.segments.first?.unfinishedBytes ?? 0 > 0)
        }
    }

    @Test func `all that was written of a message is told in order, with its body`() async throws {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        for number in 1...3 { _ = try await spool.commit(Sample.group(number)) }
        _ = try await spool.commit(SpoolGroup(records: [.update(Sample.id(2), payload: [1])]))
        _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(2))]))
        await spool.close()

        let history = try SpoolHistory(of: Sample.id(2), directory: directory, disk: disk)
        #expect(history.body == Sample.body(2))
        #expect(history.records.count == 3)
        guard case .entry(let header, let bodyBytes) = history.records[0].content,
            case .update(let payload) = history.records[1].content,
            case .closed = history.records[2].content
        else {
            Issue.record("another order: \(history.records)")
            return
        }
        #expect(header == Sample.header(2) && bodyBytes == Sample.body(2).count && payload == [1])
        #expect(try SpoolHistory(of: Sample.id(9), directory: directory, disk: disk).records.isEmpty)
    }

    @Test func `damage is found and left where it is`() async throws {
        let (disk, path) = try await damaged()
        let before = disk.contents(path)
        let survey = try SpoolSurvey(directory: directory, disk: disk)
        #expect(survey.log.damage.count == 1)
        #expect(survey.entries.map(\.id) == [Sample.id(1), Sample.id(3)])
        #expect(disk.contents(path) == before)
        #expect(!disk.paths.contains { $0.contains(Quarantine.name) })
    }

    @Test func `what is put aside tells which messages it was, and that it was found before`() async throws {
        let (disk, _) = try await damaged()
        let (first, recovery) = try open(disk)
        #expect(recovery.quarantined.map(\.messages) == [[Sample.id(2)]])
        #expect(recovery.quarantined.map(\.isNew) == [true])
        #expect(!first.contains(Sample.id(2)))
        #expect(first.statistics.quarantined == 1)
        await first.close()
        let (second, again) = try open(disk)
        #expect(again.quarantined.map(\.isNew) == [false])
        #expect(second.statistics.quarantined == 1)
        await second.close()
    }

    @Test func `a segment without a header is put aside with the messages in it`() async throws {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        for number in 1...3 { _ = try await spool.commit(Sample.group(number)) }
        await spool.close()
        let path = try #require(disk.segments(in: directory).first)
        var bytes = try #require(disk.contents(path))
        for offset in 0..<SegmentHeader.bytes { bytes[offset] = 0x55 }
        disk.setContents(path, bytes)
        let (again, recovery) = try open(disk)
        #expect(recovery.quarantined.map(\.messages) == [(1...3).map { Sample.id($0) }])
        await again.close()
    }

    @Test func `copies of another spool give no events, whatever the journal missed`() async throws {
        let disk = SimulatedDisk()
        let sink = RecordingSink()
        let (spool, _) = try Spool.open(
            directory: directory, configuration: Sample.configuration(), disk: disk, journal: sink)
        var group = SpoolGroup(records: [Sample.entry(1), .update(Sample.id(1), payload: [9])])
        group.isMoved = true
        _ = try await spool.commit(group)
        #expect(try await spool.entry(of: Sample.id(1)).updates == [[9]])
        await spool.close()

        let (again, recovery) = try Spool.open(
            directory: directory, configuration: Sample.configuration(), disk: disk,
            journal: RecordingSink())
        #expect(recovery.unjournaled.isEmpty)
        #expect(recovery.entries.map(\.updates) == [[[9]]])
        await again.close()
    }

    @Test func `a later version is refused before anything is repaired`() async throws {
        let (disk, path) = try await damaged()
        // A later program's segment behind one with a torn tail and one without a header.
        let number = try #require(SegmentLog.number(in: String(path.split(separator: "/").last ?? "")))
        var later = try #require(disk.contents(path))
        for offset in [8, 4096 + 8] { later[offset] = 2 }
        disk.setContents(SegmentLog.path(of: number + 1, in: directory), later)
        disk.setContents(SegmentLog.path(of: number + 2, in: directory), [1, 2, 3])
        let before = disk.paths.filter { $0.hasSuffix("segment") }.map { disk.contents($0) }
        do throws(SpoolError) {
            _ = try open(disk)
            Issue.record("opened")
        } catch {
            guard case .unknownFormat(version: 2, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(disk.paths.filter { $0.hasSuffix("segment") }.map { disk.contents($0) } == before)
        #expect(!disk.paths.contains { $0.contains(Quarantine.name) })
    }

    @Test func `bytes and inodes have marks of their own`() async throws {
        let disk = SimulatedDisk()
        var configuration = Sample.configuration()
        configuration.minFreePercent = 10
        configuration.minFreeInodesPercent = 5
        let (spool, _) = try Spool.open(
            directory: directory, configuration: configuration, disk: disk, journal: RecordingSink())
        for (bytes, inodes, isLow) in [(0.09, 0.5, true), (0.11, 0.04, true), (0.11, 0.06, false)] {
            disk.setFree(bytes: bytes, inodes: inodes)
            spool.measureSpace()
            #expect(spool.statistics.isDiskLow == isLow)
            #expect(spool.statistics.space?.freeInodesShare == inodes)
        }
        await spool.close()
    }

    /// Three entries, each its own batch, of which the second is damaged.
    private func damaged() async throws -> (disk: SimulatedDisk, path: String) {
        let disk = SimulatedDisk()
        let (spool, _) = try open(disk)
        for number in 1...3 { _ = try await spool.commit(Sample.group(number)) }
        await spool.close()
        let path = try #require(disk.segments(in: directory).first)
        var bytes = try #require(disk.contents(path))
        bytes[SegmentHeader.bytes + (bytes.count - SegmentHeader.bytes) / 2] ^= 1
        disk.setContents(path, bytes)
        return (disk, path)
    }
}
