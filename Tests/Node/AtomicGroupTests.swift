import Admission
import Testing

@testable import Node

/// The bound of a batch that goes to disk as a whole.
@Suite struct AtomicGroupTests {
    @Test func `what fits is taken to the last byte, and one more is refused with what to do`() throws {
        var group = AtomicGroup(maxBytes: 100)
        try group.take(60)
        try group.take(40)
        let refusal = #expect(throws: Refusal.self) { try group.take(1) }
        #expect(refusal?.code == .batchTooLarge)
        #expect(refusal?.message.contains("in parts") == true)
        // What was refused takes no room.
        try group.take(0)
    }

    @Test func `no count is too large to be refused`() {
        var group = AtomicGroup(maxBytes: 100)
        #expect(throws: Refusal.self) { try group.take(.max) }
    }
}
