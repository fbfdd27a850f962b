import EventLoop
import NodeProtocol
import Spool
import TestSupport
import Testing

@Suite struct ThroughputTests {
    @Test func `many callers share one fdatasync`() async throws {
        let folder = try TemporaryDirectory(prefix: "spool")
        let (spool, _) = try Spool.open(directory: folder.path, journal: RecordingSink())
        let (callers, each) = (256, 16)
        let body = Sample.body(0, bytes: 4096)
        let start = MonotonicTime.now()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for caller in 0..<callers {
                tasks.addTask {
                    for number in 0..<each {
                        let id = Sample.id(caller * each + number)
                        _ = try await spool.commit(
                            SpoolGroup(
                                records: [.entry(id, header: Sample.header(1), body: body)], events: [[1]]))
                    }
                }
            }
            try await tasks.waitForAll()
        }
        let seconds = Double((MonotonicTime.now() - start).wholeNanoseconds) / 1e9
        let count = callers * each
        print("spool: \(count) entries of 4 kB from \(callers) callers: \(Int(Double(count) / seconds))/s")
        #expect(spool.statistics.openEntries == count)
        await spool.close()
    }
}
