import EventLoop
import FoundationEssentials
import NodeProtocol
import Service
import TestSupport
import Testing

@testable import Node

/// Who unsubscribed at this node, until a snapshot has him.
@Suite struct UnsubscribedTests {
    private let tenant = TenantID(UUID())

    @Test func `an address counts without case, and for its tenant alone`() {
        let list = Unsubscribed()
        #expect(!list.contains("jane@example.net", of: tenant))
        list.insert("Jane@Example.net", of: tenant, at: 1)
        #expect(list.contains("JANE@example.net", of: tenant))
        #expect(!list.contains("jane@example.net", of: TenantID(UUID())))
        #expect(!list.contains("jan@example.net", of: tenant))
    }

    @Test func `a full list forgets the oldest`() {
        let list = Unsubscribed(capacity: 100)
        for number in 0..<1_000 { list.insert("r\(number)@example.net", of: tenant, at: Int64(number)) }
        #expect((80...100).contains(list.rows.count))
        #expect(list.contains("r999@example.net", of: tenant))
        #expect(!list.contains("r0@example.net", of: tenant))
    }

    @Test func `the list is there again after a restart, whoever saved it, and a spoilt file stops nothing`()
        async throws
    {
        let folder = try TemporaryDirectory()
        let files = NodeFiles(directory: folder.path)
        let pool = BlockingPool(threads: 1, name: "test-unsubscribed")
        defer { pool.stop() }
        let log = Log(component: "test")
        let first = UnsubscribedFile(files, pool: pool, log: log)
        #expect(first.list.rows.isEmpty)
        let tenant = tenant
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    first.list.insert("r\(number)@example.net", of: tenant, at: Int64(number))
                    try await first.save()
                    // What was there when it was asked for is on disk.
                    let now = UnsubscribedFile(files, pool: pool, log: log)
                    #expect(now.list.contains("r\(number)@example.net", of: tenant))
                }
            }
            try await group.waitForAll()
        }
        #expect(UnsubscribedFile(files, pool: pool, log: log).list.rows.count == 200)
        try folder.write("[{", to: "unsubscribed.json")
        #expect(UnsubscribedFile(files, pool: pool, log: log).list.rows.isEmpty)
    }
}
