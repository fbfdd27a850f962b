import FoundationEssentials
import Testing

@testable import MailFormat

/// The isemail collection sorts addresses into categories. Valid ones and RFC 5321 ones must be read, errors
/// refused; the deprecated forms are refused on purpose, and what is refused for other reasons of ours is
/// printed.
@Suite struct IsEmailCorpusTests {
    struct Case {
        let identifier: String
        let address: String
        let category: String
        let diagnosis: String
    }

    /// Accepted by the RFCs' letter, refused here: addresses in numeric top-level domains are mistyped
    /// literals.
    private static let ownRefusals = ["ISEMAIL_RFC5321_TLDNUMERIC"]

    @Test func `valid addresses are read and invalid ones refused`() throws {
        guard let folder = ProcessInfo.processInfo.environment["DISPATCH_CORPORA"] else {
            print("skipped: DISPATCH_CORPORA is not set")
            return
        }
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/isemail/test/tests.xml"))
        let cases = Self.cases(String(decoding: file, as: UTF8.self))
        #expect(cases.count > 160)
        var disagreements: [String] = []
        for test in cases {
            let isRead = (try? Mailbox(test.address)) != nil
            let expected: Bool? =
                switch test.category {
                case "ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN": true
                case "ISEMAIL_RFC5321": !Self.ownRefusals.contains(test.diagnosis)
                case "ISEMAIL_ERR": false
                default: nil
                }
            if let expected {
                #expect(isRead == expected, "\(test)")
            } else {
                disagreements.append(
                    "\(test.diagnosis)\(isRead ? " read" : " refused"): \(test.address.debugDescription)")
            }
        }
        print("left to us: \(disagreements.count)\n" + disagreements.joined(separator: "\n"))
    }

    /// The file is regular, so cutting it is enough. U+2400… stand for control characters.
    private static func cases(_ xml: String) -> [Case] {
        xml.split(separator: "<test id=\"").dropFirst().map { chunk in
            func element(_ name: String) -> String {
                guard let start = chunk.firstRange(of: "<\(name)>"),
                    let end = chunk.firstRange(of: "</\(name)>")
                else {
                    return ""
                }
                return String(chunk[start.upperBound..<end.lowerBound])
            }
            return Case(
                identifier: String(chunk.prefix { $0 != "\"" }), address: plain(element("address")),
                category: element("category"), diagnosis: element("diagnosis"))
        }
    }

    private static func plain(_ text: String) -> String {
        var text = text
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
            text = text.replacing(entity, with: character)
        }
        var scalars = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "&", rest.first == "#", let end = rest.firstIndex(of: ";") {
                let digits = String(rest[..<end].dropFirst())
                let value = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
                if let value, let decoded = Unicode.Scalar(value) {
                    scalars.append(decoded)
                    rest = rest[rest.index(after: end)...]
                    continue
                }
            }
            scalars.append(scalar)
        }
        var result = String.UnicodeScalarView()
        for scalar in scalars {
            let isSymbol = scalar.value >= 0x2400 && scalar.value < 0x2420
            result.append(isSymbol ? Unicode.Scalar(UInt8(scalar.value - 0x2400)) : scalar)
        }
        return String(result)
    }
}
