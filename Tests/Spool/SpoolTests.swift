import EventLoop
import NodeProtocol
import Spool
import TestSupport
import Testing

@Suite struct SpoolTests {
    let folder: TemporaryDirectory
    let sink = RecordingSink()

    init() throws { folder = try TemporaryDirectory(prefix: "spool") }

    private func open(
        _ configuration: SpoolConfiguration = Sample.configuration(), sink: RecordingSink? = nil
    ) throws -> (spool: Spool, recovery: Recovery) {
        try Spool.open(directory: folder.path, configuration: configuration, journal: sink ?? self.sink)
    }

    @Test func `what was committed is there after a restart`() async throws {
        let (spool, first) = try open()
        #expect(first.entries.isEmpty)
        let token = try await spool.commit(Sample.group(1))
        #expect(token.sequence == 1)
        _ = try await spool.commit(
            SpoolGroup(records: [Sample.entry(2), .update(Sample.id(1), payload: [1]), Sample.entry(3)]))
        _ = try await spool.commit(
            SpoolGroup(records: [.update(Sample.id(1), payload: [2]), .closed(Sample.id(3))]))
        #expect(try await spool.body(of: Sample.id(2)) == Sample.body(2))
        await spool.close()

        let (again, recovery) = try open()
        #expect(recovery.entries.map(\.id) == [Sample.id(1), Sample.id(2)])
        #expect(recovery.entries.map(\.header) == [Sample.header(1), Sample.header(2)])
        #expect(recovery.entries.map(\.updates) == [[[1], [2]], []])
        #expect(recovery.unjournaled.isEmpty && recovery.quarantined.isEmpty && recovery.warnings.isEmpty)
        #expect(try await again.body(of: Sample.id(1)) == Sample.body(1))
        #expect(try await again.header(of: Sample.id(2)) == Sample.header(2))
        #expect(again.contains(Sample.id(2)) && !again.contains(Sample.id(3)))
        await #expect(throws: SpoolError.unknownMessage(Sample.id(3))) {
            try await again.body(of: Sample.id(3))
        }
        #expect(try await again.commit(Sample.group(4)).sequence == 4)
        await again.close()
    }

    @Test func `a body of the cache is served without reading`() async throws {
        let (spool, _) = try open()
        _ = try await spool.commit(Sample.group(1))
        for entry in try RealDisk().list(folder.path) where entry.name.hasSuffix(".segment") {
            try RealDisk().remove(folder.file(entry.name))
        }
        #expect(try await spool.body(of: Sample.id(1)) == Sample.body(1))
        #expect(spool.statistics.cacheHits == 1)
        await spool.close()
    }

    @Test func `the cache holds no more bytes than it may`() async throws {
        var configuration = Sample.configuration()
        configuration.bodyCacheBytes = 4096
        let (spool, _) = try open(configuration)
        for number in 0..<40 { _ = try await spool.commit(Sample.group(number)) }
        #expect(spool.statistics.cachedBytes <= 4096)
        for number in 0..<40 { #expect(try await spool.body(of: Sample.id(number)) == Sample.body(number)) }
        #expect(spool.statistics.cacheMisses > 0 && spool.statistics.cacheHits > 0)
        await spool.close()
    }

    @Test func `events reach the journal in the order of the groups`() async throws {
        let (spool, _) = try open()
        for number in 1...20 { spool.submit(Sample.group(number)) }
        _ = try await spool.commit(Sample.group(21))
        #expect(sink.groups.map(\.sequence) == Array(1...21))
        #expect(sink.groups.map(\.events) == (1...21).map { [Array("accepted \($0)".utf8)] })
        await spool.close()
    }

    @Test func `the same id twice is refused and nothing of its group counts`() async throws {
        let (spool, _) = try open()
        _ = try await spool.commit(Sample.group(1))
        await #expect(throws: SpoolError.duplicate(Sample.id(1))) {
            try await spool.commit(SpoolGroup(records: [Sample.entry(2), Sample.entry(1)]))
        }
        await #expect(throws: SpoolError.duplicate(Sample.id(3))) {
            try await spool.commit(SpoolGroup(records: [Sample.entry(3), Sample.entry(3)]))
        }
        #expect(!spool.contains(Sample.id(2)) && !spool.contains(Sample.id(3)))
        await spool.close()
    }

    @Test func `limits are refusals`() async throws {
        var configuration = Sample.configuration()
        configuration.maxGroupBytes = 1000
        configuration.maxQueuedBytes = 1000
        let (spool, _) = try open(configuration)
        await #expect(throws: SpoolError.empty) { try await spool.commit(SpoolGroup(records: [])) }
        await #expect(throws: SpoolError.tooLarge(bytes: 1048, maxGroupBytes: 1000)) {
            try await spool.commit(Sample.group(1, bytes: 1000))
        }
        await spool.close()
        await #expect(throws: SpoolError.stopping) { try await spool.commit(Sample.group(1)) }
        await #expect(throws: SpoolError.stopping) { try await spool.body(of: Sample.id(1)) }
        await spool.close()
    }

    @Test func `a journal without room stops entries and nothing else`() async throws {
        let (spool, _) = try open()
        _ = try await spool.commit(Sample.group(1))
        sink.hasRoom = false
        await #expect(throws: SpoolError.overloaded) { try await spool.commit(Sample.group(2)) }
        _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(1))]))
        sink.hasRoom = true
        _ = try await spool.commit(Sample.group(2))
        await spool.close()
    }

    @Test func `a second opener is told who holds the lock`() async throws {
        let (spool, _) = try open()
        #expect(throws: SpoolError.lockedByAnother(pid: ProcessNumber.own)) { try open() }
        _ = try await spool.commit(Sample.group(1))
        await spool.close()
        let (again, recovery) = try open()
        #expect(recovery.entries.count == 1)
        await again.close()
    }

    @Test func `groups that the journal may not have come back`() async throws {
        sink.hold()
        let (spool, _) = try open()
        _ = try await spool.commit(Sample.group(1))
        _ = try await spool.commit(SpoolGroup(records: [.update(Sample.id(1), payload: [9])]))
        _ = try await spool.commit(SpoolGroup(records: [.closed(Sample.id(1))]))
        await spool.close()

        let second = RecordingSink(durable: 1)
        let (again, recovery) = try open(sink: second)
        #expect(recovery.unjournaled.map(\.sequence) == [2, 3])
        let records = recovery.unjournaled.flatMap(\.records)
        guard case .update(Sample.id(1), payload: [9]) = records[0], case .closed(Sample.id(1)) = records[1]
        else {
            Issue.record("\(records)")
            return
        }
        await #expect(throws: SpoolError.recovering) { try await again.commit(Sample.group(2)) }
        again.replay(recovery) { group in [[UInt8(group.sequence)]] }
        #expect(second.groups.map(\.events) == [[[2]], [[3]]])
        #expect(try await again.commit(Sample.group(2)).sequence == 4)
        await again.close()
    }
}
