import TestSupport
import Testing

@testable import MailFormat

/// Copies of messages: what differs are the links, and nothing else.
@Suite struct MessageCopyTests {
    private static var links: MessageCopies.Links {
        MessageCopies.Links(
            open: "https://t.example/t/o/" + String(repeating: "o", count: 90) + ".gif",
            unsubscribe: "https://t.example/u/" + String(repeating: "u", count: 90),
            click: { _ in "https://t.example/t/c/" + String(repeating: "c", count: 200) })
    }
    private static let pixel =
        #"<img src="\#(links.open ?? "")" width="1" height="1" alt="" style="display:block;border:0">"#

    private func message(html: String?, text: String? = nil) throws -> OutgoingMessage {
        var message = OutgoingMessage()
        message.from = [try Mailbox("a@example.org")]
        message.to = [try Mailbox("b@example.org")]
        message.subject = "Hello"
        message.html = html
        message.text = text
        message.messageID = "<1@example.org>"
        message.boundarySeed = 42
        message.links.tracksOpens = true
        message.links.tracksClicks = true
        return message
    }

    private func copies(_ built: MIMEBuilder.Built) throws -> MessageCopies {
        try #require(MessageCopies(built.bytes, LinkPlaces(built.places)))
    }

    private func copy(_ message: OutgoingMessage, _ links: MessageCopies.Links = links) throws -> [UInt8] {
        try copies(MIMEBuilder.built(message)).copy(links)
    }

    /// The content of the text parts, decoded.
    private func texts(_ message: [UInt8]) -> [String: [UInt8]] {
        let parsed = MIMEParser.parse(message)
        var texts: [String: [UInt8]] = [:]
        for (index, part) in parsed.parts.enumerated() where !part.isMultipart {
            texts[part.contentType.value] = parsed.body(of: index)
        }
        return texts
    }

    /// 76 characters and CRLF, of quoted-printable bodies.
    private func expectShortLines(_ copy: [UInt8], _ name: String) {
        let body = MIMEParser.parse(copy).root.bodyRange
        let lines = copy[body].split(separator: .lineFeed, omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 77 }, "\(name)")
        #expect(!EightBit.contains(copy[...]), "\(name)")
    }

    @Test func `a copy has its own links and its own image, and the stored message has none`() throws {
        let html = "<p>Grüße <a href=\"http://x.example/?a=1&amp;b=2\">x</a>\r\n.dot</p></body>"
        let message = try message(html: html, text: "plain")
        let built = try MIMEBuilder.built(message)
        var plain = message
        plain.links = LinkWishes()
        #expect(texts(built.bytes) == texts(try MIMEBuilder.build(plain)))
        var followed: [String] = []
        let copy = try copies(built).copy(
            MessageCopies.Links(open: "https://t.example/o", unsubscribe: nil) {
                followed.append($0)
                return "https://t.example/c"
            })
        #expect(followed == ["http://x.example/?a=1&b=2"])
        let image =
            #"<img src="https://t.example/o" width="1" height="1" alt="" style="display:block;border:0">"#
        let expected = "<p>Grüße <a href=\"https://t.example/c\">x</a>\r\n.dot</p>\(image)</body>"
        #expect(texts(copy)["text/html"].map { String(decoding: $0, as: UTF8.self) } == expected)
        #expect(texts(copy)["text/plain"] == Array("plain".utf8))
        expectShortLines(copy, "a copy")
    }

    @Test func `without links of its own a copy is the message`() throws {
        let built = try MIMEBuilder.built(message(html: "<a href=http://x.example>x</a>"))
        #expect(built.places.count == 2)
        let none = MessageCopies.Links(open: nil, unsubscribe: nil) { _ in nil }
        #expect(try copies(built).copy(none) == built.bytes)
    }

    @Test func `a text without places is encoded as ever`() throws {
        var message = try message(html: "<p>no link</p>", text: "text")
        message.links.tracksOpens = false
        let built = try MIMEBuilder.built(message)
        message.links = LinkWishes()
        #expect(built.places == [])
        #expect(built.bytes == (try MIMEBuilder.build(message)))
    }

    @Test func `unsubscribing is in the header, and at the end of bodies that have no link`() throws {
        var message = try message(html: "<body><p>x</p></body>", text: "Hi")
        message.links = LinkWishes()
        message.links.fillsUnsubscribe = true
        message.links.addsListUnsubscribe = true
        let header =
            "List-Unsubscribe: <\(Self.links.unsubscribe ?? "")>\r\n"
            + "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nContent-Type: multipart/"
        let bare = String(decoding: try copy(message), as: UTF8.self)
        #expect(bare.contains(header))
        #expect(bare.components(separatedBy: "/u/") == 2)
        message.links.addsUnsubscribeLink = true
        let whole = try copy(message)
        let html = String(decoding: texts(whole)["text/html"] ?? [], as: UTF8.self)
        #expect(html.hasPrefix("<body><p>x</p><p style="))
        #expect(html.hasSuffix(">Unsubscribe</a></p></body>"))
        #expect(
            String(decoding: texts(whole)["text/plain"] ?? [], as: UTF8.self)
                == "Hi\r\n\r\nUnsubscribe: \(Self.links.unsubscribe ?? "")\r\n")
        expectShortLines(whole, "bodies")
        message.headers = [("list-unsubscribe", "<mailto:leave@example.org>")]
        #expect(!String(decoding: try copy(message), as: UTF8.self).contains("List-Unsubscribe-Post"))
    }

    @Test func `places that are not those of the message give no copies`() throws {
        let places = [
            LinkPlace(.click, 3..<9), LinkPlace(.pixel, 300..<300), LinkPlace(.unsubscribe, 300..<1 << 30),
        ]
        let packed = LinkPlaces(places)
        #expect(packed.places(in: 1 << 30) == places)
        #expect(packed.places(in: (1 << 30) - 1) == nil)
        #expect(LinkPlaces(places, behind: 7).places(in: 1 << 31)?.first == LinkPlace(.click, 10..<16))
        #expect(MessageCopies([1, 2, 3], packed) == nil)
        for count in 1..<packed.packed.count {
            let cut = LinkPlaces(packed: Array(packed.packed[..<count])).places(in: 1 << 30)
            #expect(cut == nil || cut.map { places.starts(with: $0) } == true)
        }
        var random = SeededBytes(seed: 5)
        for _ in 0..<2_000 {
            let bytes = random.mutated(packed.packed)
            for place in LinkPlaces(packed: bytes).places(in: 1_000) ?? [] {
                #expect(place.range.upperBound <= 1_000)
            }
        }
    }

    // MARK: Properties

    private static let pieces = [
        "<a href=\"http://x.example/1\">", "<a href='https://y.example/?a=1&amp;b=2'>",
        "<A HREF=http://z.example/>",
        "</a>", "<p>", "</p>", "\r\n", "\n", "\r", " ", "  \r\n", "=", "=3D", ".", "From ", "ä", "日本語",
        "<!-- x -->",
        "<!--", "-->", "<script>", "</script>", "</body>", "</html>", "\"", "'", "<", ">", "&amp;", "\t", "x",
        "{{unsubscribe_url}}", "<area href=http://a.example/b>", "<style>", "</style>", "\0", "\u{7F}",
        "<a data-dispatch-track=off href=http://n.example>", "<!--[if mso]>", "<![endif]-->",
        "word and word ", "<![CDATA[", "]]>", "<noscript>", "<form action=http://x.example>",
        "<base href=http://b>",
        "0123456789012345678901234567890123456789012345678901234567890123456789",
    ]

    private func soup(_ random: inout SeededBytes) -> String {
        (0..<random.below(60)).map { _ in Self.pieces[random.below(Self.pieces.count)] }.joined()
    }

    /// Takes the links and what was added out of a copy's text, and puts what stood there back.
    private func undone(_ copy: String, _ original: [UInt8], _ places: [LinkPlace]) -> String {
        var rest = copy[...]
        var undone = ""
        for place in places {
            let (link, old): (String, String) =
                switch place.kind {
                case .pixel: (Self.pixel, "")
                case .click:
                    (Self.links.click("") ?? "", String(decoding: original[place.range], as: UTF8.self))
                default: (Self.links.unsubscribe ?? "", "{{unsubscribe_url}}")
                }
            guard let range = rest.range(ofText: link) else { return "a link is missing" }
            undone += rest[..<range.lowerBound] + old
            rest = rest[range.upperBound...]
        }
        return undone + rest
    }

    @Test func `whatever the HTML is, a copy without its links is the HTML again`() throws {
        var random = SeededBytes(seed: 77)
        for round in 0..<1_500 {
            let html = soup(&random)
            var message = try message(html: html, text: round % 2 == 0 ? soup(&random) : "x")
            message.links.tracksOpens = round % 3 != 0
            message.links.fillsUnsubscribe = round % 5 != 0
            let normal = LineEndings.normalized(Array(html.utf8))
            let places = message.links.places(inHTML: normal)
            let built = try MIMEBuilder.built(message)
            #expect(texts(built.bytes)["text/html"] == normal, "\(html.debugDescription)")
            let made = try copies(built).copy(Self.links)
            #expect(made == (try copies(built).copy(Self.links)))
            if round % 2 == 1, !places.isEmpty { expectShortLines(made, html.debugDescription) }
            let text = String(decoding: texts(made)["text/html"] ?? [], as: UTF8.self)
            #expect(
                Array(undone(text, normal, places).utf8) == normal, "round \(round): \(html.debugDescription)"
            )
        }
    }

    @Test func `a large page keeps every byte but those of its links`() throws {
        var random = SeededBytes(seed: 3)
        var html = "<html><body>"
        while html.utf8.count < 300_000 {
            html += "<p>\(random.next()) <a href=\"http://x.example/\(random.next())\">x</a> ü = .</p>\r\n"
        }
        html += "</body></html>\r\n"
        let message = try message(html: html)
        let places = message.links.places(inHTML: Array(html.utf8))
        #expect(places.count > 1_000)
        let copy = try copy(message)
        expectShortLines(copy, "a large page")
        let text = String(decoding: texts(copy)["text/html"] ?? [], as: UTF8.self)
        #expect(undone(text, Array(html.utf8), places) == html)
    }

    @Test func `Python's reader finds the same HTML in a copy, but for the links`() throws {
        var random = SeededBytes(seed: 11)
        for _ in 0..<12 {
            let html =
                "<p>Grüße</p>" + soup(&random).filter { $0 != "\0" } + "<a href='http://x.example/'>x</a>"
            let message = try message(html: html, text: "text")
            let places = message.links.places(inHTML: LineEndings.normalized(Array(html.utf8)))
            guard let reading = try PythonReader.read(try copy(message)) else {
                print("skipped: there is no python3 here")
                return
            }
            // Its reader gives line ends as LF.
            let read = LineEndings.normalized(Array((reading.html ?? "").utf8))
            let normal = LineEndings.normalized(Array(html.utf8))
            let text = String(decoding: read, as: UTF8.self)
            #expect(Array(undone(text, normal, places).utf8) == normal, "\(html.debugDescription)")
            #expect(reading.defects == 0)
        }
    }
}

extension Substring {
    /// Where this text stands first.
    fileprivate func range(ofText text: String) -> Range<Index>? {
        let wanted = Array(text.utf8)
        guard let first = wanted.first else { return startIndex..<startIndex }
        var start = startIndex
        while let found = self[start...].utf8.firstIndex(of: first) {
            if self[found...].utf8.starts(with: wanted) {
                return found..<self.utf8.index(found, offsetBy: wanted.count)
            }
            start = utf8.index(after: found)
        }
        return nil
    }
}

extension String {
    /// How many parts there are between these texts.
    fileprivate func components(separatedBy text: String) -> Int {
        var (count, rest) = (1, self[...])
        while let range = rest.range(ofText: text) {
            (count, rest) = (count + 1, rest[range.upperBound...])
        }
        return count
    }
}
