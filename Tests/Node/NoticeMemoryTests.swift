import FoundationEssentials
import NodeProtocol
import Testing

@testable import Node

@Suite struct NoticeMemoryTests {
    private func key(_ number: UInt64, _ recipient: String = "a@x.example") -> NoticeMemory.Key {
        NoticeMemory.Key(
            Event(
                .bounced, message: MessageID(high: 0, low: number), tenant: TenantID(UUID()), at: 0, node: 1,
                recipient: recipient))
    }

    @Test func `what is on disk is new once, whatever the recipient's case`() {
        var memory = NoticeMemory()
        #expect(memory.claim([key(1)]) == .new([0]))
        memory.settle([key(1)], onDisk: true)
        #expect(memory.claim([key(1, "A@x.example")]) == .new([]))
        #expect(memory.claim([key(1), key(1, "b@x.example")]) == .new([1]))
    }

    @Test func `what is on its way is neither new nor done, and may fail`() {
        var memory = NoticeMemory()
        #expect(memory.claim([key(1), key(2)]) == .new([0, 1]))
        #expect(memory.claim([key(2)]) == .inProgress)
        memory.settle([key(1), key(2)], onDisk: false)
        #expect(memory.claim([key(2)]) == .new([0]))
    }

    @Test func `the same recipient twice in a report is claimed once`() {
        var memory = NoticeMemory()
        #expect(memory.claim([key(1), key(1)]) == .new([0]))
    }

    @Test func `it holds so many and forgets the oldest`() {
        var memory = NoticeMemory(capacity: 3)
        for number in 1...5 as ClosedRange<UInt64> {
            #expect(memory.claim([key(number)]) == .new([0]))
            memory.settle([key(number)], onDisk: true)
        }
        #expect(memory.claim([key(5)]) == .new([]))
        #expect(memory.claim([key(3)]) == .new([]))
        #expect(memory.claim([key(2)]) == .new([0]))
    }
}
