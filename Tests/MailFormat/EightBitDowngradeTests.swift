import TestSupport
import Testing

@testable import MailFormat

@Suite struct EightBitDowngradeTests {
    private func ascii(_ text: String) throws -> String {
        String(decoding: try EightBitDowngrade.ascii(Array(text.utf8)), as: UTF8.self)
    }

    private func obstacle(_ text: String) -> EightBitDowngrade.Obstacle? {
        do throws(EightBitDowngrade.Obstacle) { _ = try EightBitDowngrade.ascii(Array(text.utf8)) } catch {
            return error
        }
        return nil
    }

    private let mime = "MIME-Version: 1.0\r\n"

    @Test func `what is ASCII stays as it is`() throws {
        let text = "Subject: a\r\n\r\nContent-Transfer-Encoding: 8bit\r\n"
        #expect(try ascii(text) == text)
        #expect(EightBit.Use(of: Array(text.utf8)) == EightBit.Use())
    }

    @Test func `where a message is not ASCII is told apart`() {
        func use(_ text: String) -> [Bool] {
            let use = EightBit.Use(of: Array(text.utf8))
            return [use.inHeader, use.inBody, use.isHeaderUTF8]
        }
        let padding = String(repeating: "x", count: 70) + "\r\n"
        #expect(use("Subject: ü\r\n\r\n\(padding)") == [true, false, true])
        #expect(use("Subject: u\r\nX: \(padding)\r\n\(padding)ü") == [false, true, true])
        #expect(use("Subject: ü\r\nX: \(padding)\r\n\(padding)ü\r\n") == [true, true, true])
        #expect(use("\r\nü") == [false, true, true])
        #expect(use("Subject: ü") == [true, false, true])
        let latin = EightBit.Use(of: Array("Subject: ".utf8) + [0xFC, 0x0D, 0x0A, 0x0D, 0x0A])
        #expect(latin.inHeader && !latin.inBody && !latin.isHeaderUTF8)
        for count in 0..<100 {
            var bytes = [UInt8](repeating: 0x41, count: count)
            #expect(EightBit.firstIndex(in: bytes[...]) == nil)
            bytes.append(0x80)
            #expect(EightBit.firstIndex(in: bytes[...]) == count)
            #expect(EightBit.firstIndex(in: bytes[..<count]) == nil)
        }
    }

    @Test func `text becomes quoted-printable, or base64 where that is shorter, and reads the same`() throws {
        let header =
            mime + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        let german = try ascii(header + "Grüße aus Köln, und ein langer Satz ohne Umlaute dahinter.\r\n.\r\n")
        #expect(german.contains("Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe aus"))
        let russian = try ascii(header + "Привет\r\n")
        #expect(russian.contains("Content-Transfer-Encoding: base64\r\n\r\n0J/RgNC40LLQtdGC"))
        #expect(MIMEParser.parse(Array(russian.utf8)).plainText == "Привет\r\n")
    }

    @Test func `text that nobody labelled is labelled`() throws {
        let plain = try ascii("Subject: x\r\n\r\nü und viel anderes, damit es Text bleibt\r\n")
        #expect(
            plain == """
                Subject: x\r
                MIME-Version: 1.0\r
                Content-Transfer-Encoding: quoted-printable\r
                Content-Type: text/plain; charset=utf-8\r
                \r
                =C3=BC und viel anderes, damit es Text bleibt\r

                """)
        let latin = try EightBitDowngrade.ascii(Array("Subject: x\r\n\r\n".utf8) + [0xFC, 0x0D, 0x0A])
        #expect(String(decoding: latin, as: UTF8.self).contains("charset=unknown-8bit"))
        #expect(try ascii("\r\nü\r\n").hasPrefix("MIME-Version: 1.0\r\n"))
    }

    @Test func `every part is converted by its kind, and the structure stays`() throws {
        let message =
            "Subject: x\r\n" + mime + "Content-Type: multipart/mixed; boundary=\"o\"\r\n"
            + "Content-Transfer-Encoding: 8bit\r\n\r\npreamble ü\r\n--o\r\n"
            + "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nplain ü here\r\n--i\r\n"
            + "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<p>ß</p>\r\n"
            + "--i--\r\n--o\r\nContent-Type: application/x-thing; name=\"größe.bin\"\r\n"
            + "Content-Transfer-Encoding: binary\r\n\r\nbytes é\r\n--o\r\nContent-Type: text/plain\r\n\r\n"
            + "untouched = \r\n--o\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            + "Subject: inner ü\r\n\r\ninner ö with more text around it\r\n--o--\r\nepilogue ü\r\n"
        let bytes = try EightBitDowngrade.ascii(Array(message.utf8))
        #expect(!EightBit.contains(bytes[...]))
        let before = MIMEParser.parse(Array(message.utf8))
        let after = MIMEParser.parse(bytes)
        #expect(after.parts.map(\.contentType.value) == before.parts.map(\.contentType.value))
        #expect(
            after.parts.map(\.encoding) == [
                .sevenBit, .sevenBit, .quotedPrintable, .base64, .base64, .sevenBit, .sevenBit,
            ])
        for part in [2, 3, 4, 5] { #expect(after.body(of: part) == before.body(of: part), "\(part)") }
        #expect(after.parts[4].filename == "größe.bin")
        let inner = MIMEParser.parse(after.body(of: 6))
        #expect(inner.header("Subject") == "inner ü")
        #expect(inner.plainText == "inner ö with more text around it")
    }

    @Test func `what would lose its meaning is not converted`() {
        let signed = "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nü\r\n--b--\r\n"
        #expect(obstacle(mime + signed) == .sealed(type: "multipart/signed"))
        #expect(
            obstacle(mime + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\(signed)--x--\r\n")
                == .sealed(type: "multipart/signed"))
        #expect(obstacle(mime + signed.replacing("ü", with: "u")) == nil)
        #expect(
            obstacle(mime + "Content-Type: message/partial\r\n\r\nü\r\n") == .fixedForm("message/partial"))
        #expect(
            obstacle(mime + "Content-Transfer-Encoding: x-uue\r\n\r\nü\r\n")
                == .fixedForm("an unknown Content-Transfer-Encoding"))
        #expect(obstacle("From: <ü@x.example>\r\n\r\nü\r\n") == .field("From"))
        #expect(obstacle("Message-ID: <ü@x.example>\r\n\r\n") == .field("Message-ID"))
        #expect(obstacle("ü\r\n\r\nx") == .unreadable)
        let nested = String(repeating: "Content-Type: message/rfc822\r\n\r\n", count: 12) + "\r\nü\r\n"
        #expect(obstacle(nested) == .unreadable)
    }

    @Test func `header fields become ASCII by their kind`() throws {
        let message = """
            From: "Müller, Jörg" <j@bücher.example>, Bob <b@x.example>\r
            To: Freunde ü: a@x.example, "b ß" <b@x.example>;\r
            Subject: =?utf-8?Q?Gr=C3=BC?= ß\r
            Content-Disposition: attachment; filename="größe.pdf"\r
            X-Other: one\r
            X-Note: ünder way,\r
            \tfolded\r
            \r
            body ü\r

            """
        let bytes = try EightBitDowngrade.asciiHeader(Array(message.utf8))
        let headers = try MessageHeaders(bytes)
        #expect(!EightBit.contains(bytes[..<headers.end]))
        #expect(try headers.mailboxes("From").map(\.name) == ["Müller, Jörg", "Bob"])
        #expect(try headers.mailboxes("From").first?.address.domain == "xn--bcher-kva.example")
        #expect(try headers.mailboxes("To").map(\.name) == [nil, "b ß"])
        #expect(headers.text("Subject") == "Grü ß")
        #expect(headers.text("X-Note") == "ünder way,\tfolded")
        #expect(headers.fields.map(\.name).suffix(2) == ["X-Other", "X-Note"])
        #expect(String(decoding: bytes[headers.bodyStart...], as: UTF8.self) == "body ü\r\n")
        #expect(
            ParameterizedValue(parsing: headers.value("Content-Disposition") ?? "")["filename"] == "größe.pdf"
        )
    }

    @Test func `no input traps, and what comes out is ASCII with the parts that went in`() {
        let seeds = [
            "Subject: ü\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                + "Content-Transfer-Encoding: 8bit\r\n\r\nü\r\n--b\r\n\r\nß --b x\r\n--b--\r\n",
            "Content-Type: message/rfc822\r\n\r\nSubject: ö\r\nContent-Transfer-Encoding: 8bit\r\n\r\nä\r\n",
        ]
        var random = SeededBytes(seed: 42)
        for _ in 0..<3_000 {
            var message = Array(seeds[random.below(seeds.count)].utf8)
            for _ in 0..<(1 + random.below(5)) { random.mutate(&message) }
            guard let result = try? EightBitDowngrade.ascii(message) else { continue }
            #expect(!EightBit.contains(result[...]))
            #expect(MIMEParser.parse(result).parts.count == MIMEParser.parse(message).parts.count)
        }
    }
}
