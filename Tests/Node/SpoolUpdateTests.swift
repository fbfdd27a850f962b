import FoundationEssentials
import NodeProtocol
import Testing

@testable import Node

@Suite struct SpoolUpdateTests {
    private let id = MessageID(milliseconds: 1_700_000_000_000, node: 7, random: (1, 2))
    private let tenant = TenantID(UUID())

    @Test func `a started attempt comes back with its recipients`() throws {
        let bytes = SpoolUpdate.started(attempt: 3, recipients: [0, 7, 65_535]).encoded()
        guard case .started(let attempt, let recipients) = try #require(SpoolUpdate(decoding: bytes)) else {
            Issue.record("not a start")
            return
        }
        #expect(attempt == 3)
        #expect(recipients == [0, 7, 65_535])
    }

    @Test func `events come back as they were`() throws {
        var delivered = Event(
            .delivered, message: id, tenant: tenant, at: 5, node: 7, recipient: "a@example.org")
        delivered.response = Event.Response(code: 250, enhancedCode: "2.0.0", text: "ok")
        let bounced = Event(.bounced, message: id, tenant: tenant, at: 6, node: 7, recipient: "b@example.org")
        let bytes = SpoolUpdate.events([delivered, bounced]).encoded()
        guard case .events(let events) = try #require(SpoolUpdate(decoding: bytes)) else {
            Issue.record("not events")
            return
        }
        #expect(events == [delivered, bounced])
    }

    @Test func `what is cut short or of a later version never traps`() {
        let event = Event(.delivered, message: id, tenant: tenant, at: 5, node: 7, recipient: "a@example.org")
        for whole in [
            SpoolUpdate.events([event]).encoded(), SpoolUpdate.started(attempt: 1, recipients: [1]).encoded(),
        ] {
            for count in 0...whole.count { _ = SpoolUpdate(decoding: Array(whole.prefix(count))) }
        }
        for unknown: [UInt8] in [[9, 1, 2], []] {
            guard case nil = SpoolUpdate(decoding: unknown) else {
                Issue.record("\(unknown) was read")
                continue
            }
        }
    }
}
