import FoundationEssentials
import TestSupport
import Testing

@testable import MailFormat

@Suite struct MIMEParserTests {
    private func parse(_ text: String) -> ParsedMessage { MIMEParser.parse(Array(text.utf8)) }

    private let nested = """
        Content-Type: multipart/mixed; boundary="out er"\r
        \r
        preamble\r
        --out er\r
        Content-Type: multipart/alternative; boundary=inner\r
        \r
        --inner  \r
        \r
        plain\r
        --inner\r
        Content-Type: text/html; charset=iso-8859-1\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        <p>=E4</p>\r
        --inner--\r
        between\r
        --out er\r
        Content-Type: application/pdf; name="x.pdf"\r
        Content-Transfer-Encoding: base64\r
        Content-Disposition: attachment; filename*0*=utf-8''%C3%A4; filename*1=".pdf"; filename=a.pdf\r
        \r
        AQID\r
        --out er--\r
        epilogue\r

        """

    @Test func `a nested message is read into its parts`() throws {
        let parsed = parse(nested)
        #expect(parsed.parts.map(\.depth) == [0, 1, 2, 2, 1])
        #expect(parsed.root.children == [1, 4])
        #expect(parsed.plainText == "plain")
        #expect(parsed.html == "<p>ä</p>")
        let attachment = try #require(parsed.attachments.first)
        #expect(parsed.attachments.count == 1)
        #expect(attachment.filename == "ä.pdf")
        #expect(parsed.body(of: attachment.part) == [1, 2, 3])
        #expect(!parsed.isTruncated)
        #expect(parse(nested.replacing("\r\n", with: "\n")).html == "<p>ä</p>")
    }

    @Test func `what is missing is read as plain text`() {
        #expect(parse("").plainText == "")
        #expect(parse("\r\nbody").plainText == "body")
        #expect(parse("A: b\r\n\r\nbody\r\n").plainText == "body\r\n")
        #expect(parse("no header at all").plainText == "no header at all")
        #expect(parse("Content-Type: garbage\r\n\r\nx").plainText == "x")
        #expect(parse("Content-Type: text/html charset=x\r\n\r\nx").html == "x")
        #expect(parse("From joe Mon Jan 1\nSubject: s\n\nx").header("Subject") == "s")
        #expect(parse("Content-Type: multipart/mixed\r\n\r\nx").parts.count == 1)
        #expect(parse("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx").plainText == "x")
        #expect(parse("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n").parts.count == 1)
        #expect(parse("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b").parts.count == 2)
    }

    @Test func `the outer delimiter ends parts that were left open`() {
        let parsed = parse(
            "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
                + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ninner\r\n--a\r\n"
                + "Content-Type: text/html\r\n\r\nouter\r\n--a--\r\n"
        )
        #expect(parsed.parts.map(\.depth) == [0, 1, 2, 1])
        #expect(parsed.plainText == "inner" && parsed.html == "outer")
    }

    @Test func `depth and number of parts are limited`() {
        var deep = ""
        for level in 0..<100 {
            deep += "Content-Type: multipart/mixed; boundary=b\(level)\r\n\r\n--b\(level)\r\n"
        }
        let parsed = parse(deep)
        #expect(parsed.isTruncated && parsed.parts.count == MIMEParser.maxDepth + 1)
        let wide = parse(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                + String(repeating: "--b\r\n\r\nx\r\n", count: 5_000))
        #expect(wide.isTruncated && wide.parts.count == MIMEParser.maxParts)
    }

    @Test func `reports from the wild are read to their end`() throws {
        guard let corpora = ProcessInfo.processInfo.environment["DISPATCH_CORPORA"] else {
            print("skipped: DISPATCH_CORPORA is not set")
            return
        }
        let folder = "\(corpora)/bounces/messages"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasSuffix(".eml")
        }
        #expect(names.count > 250)
        var reports = 0
        for name in names {
            let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            let parsed = MIMEParser.parse(Array(file))
            #expect(parsed.header("Subject") != nil || parsed.header("From") != nil, "\(name)")
            reports += parsed.parts.contains { $0.contentType.value == "message/delivery-status" } ? 1 : 0
        }
        #expect(reports > 50)
    }

    @Test func `no bytes trap`() {
        var random = SeededBytes(seed: 21)
        for _ in 0..<800 {
            var bytes = Array(nested.utf8)
            for _ in 0..<(1 + random.below(8)) { random.mutate(&bytes) }
            let parsed = MIMEParser.parse(bytes)
            _ = (parsed.plainText, parsed.html, parsed.header("Content-Type"))
            for attachment in parsed.attachments { _ = parsed.body(of: attachment.part) }
            for part in parsed.parts {
                #expect(part.bodyRange.lowerBound >= 0 && part.bodyRange.upperBound <= bytes.count)
                _ = part.contentType.headerValue
            }
            if let headers = try? MessageHeaders(bytes) {
                _ = try? headers.senders()
                var editor = HeaderEditor(headers)
                editor.remove("Content-Type")
                #expect(editor.message().count <= bytes.count + 4)
            }
        }
    }
}
