import FoundationEssentials
import MailFormat
import NodeProtocol
import Testing

@testable import Node

/// The Date of what leaves at another time than it was accepted for.
@Suite struct MovedDateTests {
    private let first: Int64 = 1_800_000_000_000
    private let due: Int64 = 1_800_086_400_500

    private func message(_ date: String) -> [UInt8] {
        Array("X-Dispatch-ID: x\r\nDate:\(date)\r\nFrom: a@x.example\r\n\r\nHi\r\n".utf8)
    }

    @Test func `the time at which it is due now takes the place of the first, and nothing moves`() throws {
        let message = message(" Fri, 15 Jan 2027 08:00:00 +0000")
        let moved = MovedDate.message(message, from: first, to: due)
        #expect(moved == self.message(" Sat, 16 Jan 2027 08:00:00 +0000"))
        #expect(moved == MovedDate.message(message, from: first, to: due))
        #expect(MovedDate.message(message, from: first, to: first) == message)
    }

    @Test(arguments: [
        " Fri, 15 Jan 2027 08:00:01 +0000", " Fri, 15 Jan 2027 09:00:00 +0100", "", " ", " x",
        " Fri, 15 Jan 2027 08:00:00 +0000 (UTC)",
    ])
    func `a date of the sender's own stays`(date: String) {
        let message = message(date)
        #expect(MovedDate.message(message, from: first, to: due) == message)
    }

    @Test func `what is no message stays as it is`() {
        for bytes in [[], [0x0A], Array("Date: x".utf8)] as [[UInt8]] {
            #expect(MovedDate.message(bytes, from: first, to: due) == bytes)
        }
    }
}
