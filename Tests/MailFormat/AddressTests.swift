import TestSupport
import Testing

@testable import MailFormat

@Suite struct AddressTests {
    private func reason(_ text: String) -> AddressError.Reason? {
        do {
            _ = try AddressList(text)
            return nil
        } catch {
            return error.reason
        }
    }

    private func list(_ text: String) throws -> [String] {
        try AddressList(text).mailboxes.map(\.description)
    }

    @Test func `lists are split by the grammar and not by commas`() throws {
        let text = #""Doe, Jane" <jane@example.org>, john@example.org (John, Smith),, "a,b"@example.org"#
        #expect(
            try list(text) == [#""Doe, Jane" <jane@example.org>"#, "john@example.org", #""a,b"@example.org"#])
        #expect(try list("") == [])
        #expect(try list(" , ,") == [])
    }

    @Test func `names are read in all their forms`() throws {
        #expect(try Mailbox("John Q. Public <j@example.org>").name == "John Q. Public")
        #expect(try Mailbox(#""Giant; \"Big\" Box" <j@example.org>"#).name == #"Giant; "Big" Box"#)
        #expect(try Mailbox("Zoë Müller <z@example.org>").name == "Zoë Müller")
        #expect(
            try Mailbox("=?UTF-8?Q?Zo=C3=AB?= =?utf-8?b?IE3DvGxsZXI=?= <z@example.org>").name == "Zoë Müller")
        #expect(try Mailbox("=?iso-8859-1?q?Zo=EB?= M. <z@example.org>").name == "Zoë M.")
        #expect(try Mailbox("<z@example.org>").name == nil)
        #expect(try Mailbox("\"\" <z@example.org>").name == nil)
        #expect(try Mailbox("a(x)b <z@example.org>").name == "a b")
    }

    @Test func `what is taken for plain in one look is what the grammar makes of it`() throws {
        let pieces = [
            "joe", "Joe", "a.b", "é", "@", "@", "@", "joe@x.example", "<joe@x.example>", "x.example",
            "X.example", "a-b.example", "1.2", "a--b.example",
            ".", "<", "<", ">", ">", " ", ",", "\"", "(c)", "\\", "[192.0.2.1]", "Ann ",
            "xn--bcher-kva.example",
            String(repeating: "l", count: 64), String(repeating: "d", count: 63) + ".example",
        ]
        var random = SeededBytes(seed: 11)
        var plainCount = 0
        for _ in 0..<30_000 {
            let text = (0..<1 + random.below(6)).reduce("") { text, _ in
                text + pieces[random.below(pieces.count)]
            }
            let bytes = Array(text.utf8)
            var parser = AddressParser(bytes)
            let parsed = Result { () throws(AddressError) in try parser.list() }
            if let plain = bytes.withUnsafeBufferPointer({ Mailbox(plain: $0) }) {
                plainCount += 1
                #expect(try parsed.get() == [.mailbox(plain)], "\(text)")
                #expect(try AddressList.mailboxes(in: bytes[...]) == [plain])
            }
            if let plain = MailAddress(plain: text) {
                #expect(try parsed.get() == [.mailbox(Mailbox(address: plain))], "\(text)")
            }
            let list = Result { () throws(AddressError) in try AddressList(text) }
            #expect((try? list.get().mailboxes) == (try? AddressList.mailboxes(in: text)), "\(text)")
            #expect((try? list.get().entries) == (try? parsed.get()), "\(text)")
        }
        #expect(plainCount > 100)
    }

    @Test func `an address keeps what its local part is, and is printed so that it is read back`() throws {
        let pieces = ["a", "B", ".", "\"", "\\", " ", "@", "é", "<", "\\\"", "名", ","]
        var random = SeededBytes(seed: 12)
        for _ in 0..<5_000 {
            let local = (0..<random.below(8)).reduce("") { text, _ in
                text + pieces[random.below(pieces.count)]
            }
            let address = try MailAddress(localPart: local, domain: "X.example")
            #expect(address.localPart == local)
            #expect(address.domain == "x.example")
            #expect(address.description.hasSuffix("@x.example"))
            #expect(
                address.caseFolded
                    == (try MailAddress(localPart: local.lowercased(), domain: "x.example").description))
            #expect(address.needsSMTPUTF8 == local.utf8.contains { $0 >= 0x80 })
            if local.utf8.allSatisfy({ $0 < 0x80 }) {
                #expect(try MailAddress(address.description) == address, "\(address)")
            }
        }
    }

    @Test func `groups are read and flattened`() throws {
        let parsed = try AddressList("Team: a@example.org, B <b@example.org>;, c@example.org, empty:;")
        #expect(parsed.entries.count == 3)
        #expect(parsed.mailboxes.count == 3)
        #expect(parsed.headerValue == "Team:a@example.org, B <b@example.org>;, c@example.org, empty:;")
        #expect(reason("Team: a@example.org") == .unclosedGroup)
        #expect(reason("A: B: c@example.org;;") == .nestedGroup)
    }

    @Test func `what is no address is refused by name`() {
        #expect(reason("john") == .missingAt)
        #expect(reason("@example.org") == .missingLocalPart)
        #expect(reason("a b@example.org") == .badLocalPart)
        #expect(reason("a @example.org") == .spaceInAddress)
        #expect(reason("a@ example.org") == .spaceInAddress)
        #expect(reason("a@example.org b") == .unexpectedCharacter)
        #expect(reason("a@b@example.org") == .unexpectedCharacter)
        #expect(reason("a@x.org <a@example.org>") == .unexpectedCharacter)
        #expect(reason("<a@example.org") == .unclosedAngleBracket)
        #expect(reason("<>") == .empty)
        #expect(reason("\"a <a@example.org>") == .unclosedQuote)
        #expect(reason("(a <a@example.org>") == .unclosedComment)
        #expect(reason("a\r\n b@example.org") == .controlCharacter)
        #expect(reason("\"a\nb\" <b@example.org>") == .controlCharacter)
        #expect(reason("(a\u{0}) b@example.org") == .controlCharacter)
        #expect(reason("a@example..org") == .badDomain(.emptyLabel))
        #expect(reason("a@127.0.0.1") == .badDomain(.numericTopLevel))
        #expect(reason("a@[127.0.0.300]") == .badAddressLiteral)
        #expect(reason(String(repeating: "(", count: 40) + "a@example.org") == .commentTooDeep)
        #expect(reason(String(repeating: "a@b.c,", count: 5_001)) == .tooManyAddresses)
        #expect(reason(String(repeating: "a", count: 300_000)) == .tooLong)
    }

    @Test func `one mailbox means exactly one`() {
        #expect(throws: AddressError.self) { try Mailbox("a@example.org, b@example.org") }
        #expect(throws: AddressError.self) { try Mailbox("team: a@example.org;") }
        #expect(throws: AddressError.self) { try Mailbox("") }
        #expect(throws: AddressError.self) { try MailAddress("A <a@example.org>") }
        #expect(throws: AddressError.self) { try MailAddress("<a@example.org>") }
    }

    @Test func `addresses have one form`() throws {
        #expect(try MailAddress("Joe@EXAMPLE.org").description == "Joe@example.org")
        #expect(try MailAddress("\"joe\"@example.org") == MailAddress("joe@example.org"))
        #expect(try MailAddress("\"j oe\"@example.org").description == "\"j oe\"@example.org")
        #expect(try MailAddress("Joe@Bücher.example").description == "Joe@xn--bcher-kva.example")
        #expect(try MailAddress("Joe@EXAMPLE.org").caseFolded == "joe@example.org")
        #expect(try MailAddress("josé@example.org").needsSMTPUTF8)
        #expect(try !MailAddress("jose@bücher.example").needsSMTPUTF8)
        #expect(try MailAddress("a@[IPv6:2001:DB8::1]").domain == "[IPv6:2001:db8::1]")
        #expect(throws: AddressError.self) { try MailAddress(localPart: "a\r\nb", domain: "example.org") }
    }

    @Test func `a header value reads back as the same mailbox`() throws {
        let names = [
            "Jane", "Jane Doe", "Doe, Jane", "J. \"X\" \\ Y", "Zoë", "日本 太郎", "=?utf-8?q?x?=", " edge ",
            "a@b",
            String(repeating: "ß", count: 200), "👩‍👩‍👧‍👦 family",
        ]
        for name in names {
            let mailbox = Mailbox(name: name, address: try MailAddress("a@example.org"))
            #expect(mailbox.headerValue.isASCII)
            #expect(try Mailbox(mailbox.headerValue) == mailbox, "\(mailbox.headerValue)")
        }
    }

    @Test func `time is linear in nested and repeated input`() {
        let size = 50_000
        for piece in ["(", "\"", "\\", "<", "a ", ".", "@", ",", ":", "a:", "=?", "(x)", "\"\" "] {
            _ = reason(String(repeating: piece, count: size / piece.utf8.count))
        }
    }

    @Test func `no text traps`() {
        var random = SeededBytes(seed: 5)
        let texts = [
            #""Doe, Jane" <jane@example.org>, (c(d)) x@[IPv6:::1], G: a@b.example;, "#
                + "=?utf-8?b?w6Q=?= <a@bücher.example>",
            "=?utf-8?q?=C3?= =?utf-8?q?=A4?= <\"x\\\"y\"@xn--bcher-kva.example>",
        ]
        for _ in 0..<5_000 {
            var bytes = Array(texts[random.below(texts.count)].utf8)
            for _ in 0..<(1 + random.below(4)) { random.mutate(&bytes) }
            var parser = AddressParser(bytes)
            guard let entries = try? parser.list() else { continue }
            for case .mailbox(let mailbox) in entries {
                #expect(mailbox.headerValue.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            }
        }
    }
}
