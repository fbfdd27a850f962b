import Admission
import FoundationEssentials
import SMTPWire
import TestSupport
import Testing

@testable import Doors

/// The table of replies in the documentation is what the door says.
@Suite struct SMTPRefusalTests {
    /// Lines such as "| `mail_loop` | 554 5.4.6 | … |".
    private func documented() throws -> [String: String] {
        var table: [String: String] = [:]
        for line in try documentation("smtp.md").split(separator: "\n") {
            let cells = line.split(separator: "|").map {
                $0.filter { $0 != "`" }.trimmingPrefix { $0 == " " }
            }
            guard cells.count >= 3, Refusal.Code(rawValue: cells[0].words) != nil else { continue }
            table[cells[0].words] = cells[1].words
        }
        return table
    }

    @Test func `every refusal of Admission has one reply, which is that of the documentation`() throws {
        let documented = try documented()
        for code in Refusal.Code.allCases {
            let reply = Refusal(code, "why").smtpReply
            let text = String(decoding: reply.encode(), as: UTF8.self)
            #expect(documented[code.rawValue] == String(text.prefix(9)), "\(code.rawValue): \(text)")
            #expect(text.hasPrefix("4") == Refusal(code, "why").isTemporary, "\(code.rawValue)")
        }
        #expect(documented.count == Refusal.Code.allCases.count)
    }

    @Test func `a refusal says which header it is about`() {
        let refusal = Refusal(.missingVariable, "name has no value", field: "X-Dispatch-Variables.name")
        let text = String(decoding: refusal.smtpReply.encode(), as: UTF8.self)
        #expect(text == "550 5.6.0 X-Dispatch-Variables.name: name has no value\r\n")
    }

    @Test func `a name of a header that came from outside makes no second reply line`() {
        let text = String(
            decoding: Refusal(.invalid, "x\r\n250 Ok", field: "a\nb").smtpReply.encode(), as: UTF8.self)
        #expect(text.split(separator: "\r\n").count == 1, "\(text)")
    }
}

extension StringProtocol {
    /// Without spaces at its ends.
    fileprivate var words: String { split(separator: " ").joined(separator: " ") }
}
