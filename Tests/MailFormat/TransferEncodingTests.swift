import TestSupport
import Testing

@testable import MailFormat

@Suite struct TransferEncodingTests {
    private func quoted(_ text: String) -> String {
        String(decoding: QuotedPrintable.encode(Array(text.utf8)), as: UTF8.self)
    }

    @Test func `quoted-printable escapes what mail would change`() {
        #expect(
            quoted("a=b\r\nü \r\n\t\r\nFrom x\r\n.\r\nend ")
                == "a=3Db\r\n=C3=BC=20\r\n=09\r\n=46rom x\r\n=2E\r\nend=20")
        #expect(quoted("a\rb\nc") == "a=0Db=0Ac")
        #expect(
            quoted(String(repeating: "x", count: 100)).split(separator: "\r\n").map(\.utf8.count) == [76, 25])
    }

    @Test func `any bytes survive both encodings, in short lines`() {
        var random = SeededBytes(seed: 9)
        for _ in 0..<500 {
            let bytes = (0..<random.below(300)).map { _ in
                random.below(3) == 0 ? UInt8(random.below(256)) : Array(" \r\n=.aF\tä".utf8)[random.below(10)]
            }
            let encoded = QuotedPrintable.encode(bytes)
            #expect(QuotedPrintable.decode(encoded[...]) == bytes)
            #expect(encoded.split(separator: 10).allSatisfy { $0.count <= 77 })
            #expect(Base64.decode(Base64.encodeLines(bytes)[...]) == bytes)
        }
    }

    @Test(arguments: [true, false])
    func `a text is looked at as a look at each byte of it would`(isClean: Bool) {
        var random = SeededBytes(seed: isClean ? 5 : 6)
        for _ in 0..<2_000 {
            let text = PlainText.text(&random, isClean: isClean)
            let normal = PlainText.normalized(text)
            let scanned = TextScan.normalized(text)
            #expect(scanned.text == normal)
            #expect(scanned.encoding == PlainText.encoding(normal))
            #expect(LineEndings.normalized(text) == normal)
            #expect(TransferEncoding.chosen(forText: normal) == PlainText.encoding(normal))
            if text != normal { #expect(TransferEncoding.chosen(forText: text) != .sevenBit) }
            let seams = (0..<random.below(5)).map { _ in random.below(text.count + 1) }.sorted()
            let quoted = PlainText.quoted(text, seams: seams)
            var output = Array("before".utf8)
            let places = QuotedPrintable.encode(text, seams: seams, to: &output)
            #expect(output.dropFirst(6).elementsEqual(quoted.encoded))
            #expect(places.map { $0 - 6 } == quoted.places)
        }
    }

    @Test func `broken encodings are read as far as they go`() {
        #expect(QuotedPrintable.decode(Array("a=ZZb=\r\nc=  \r\nd=4".utf8)[...]) == Array("a=ZZbcd=4".utf8))
        #expect(
            QuotedPrintable.decode(Array("blank  \r\n=20 \r\n".utf8)[...]) == Array("blank\r\n \r\n".utf8))
        #expect(Base64.decode(Array("YW Jj\r\n!ZGU=ZmY".utf8)[...]) == Array("abcdeff".utf8))
        #expect(Base64.decode(Array("A".utf8)[...]) == [])
    }

    @Test func `the encoding is chosen by the content`() {
        func chosen(_ text: String) -> TransferEncoding { .chosen(forText: Array(text.utf8)) }
        #expect(chosen("hello = world\r\n") == .sevenBit)
        #expect(chosen("") == .sevenBit)
        #expect(chosen("From here\r\n") == .quotedPrintable)
        #expect(chosen("a\nb") == .quotedPrintable)
        #expect(chosen(String(repeating: "x", count: 999)) == .quotedPrintable)
        #expect(chosen("a naïve text that is mostly ASCII") == .quotedPrintable)
        #expect(chosen("Привет, мир") == .base64)
    }

    @Test func `encoded-words are decoded the way they are found in the wild`() {
        #expect(EncodedWord.decode("=?UTF-8?Q?a_b?= c =?x?=") == "a b c =?x?=")
        #expect(EncodedWord.decode("=?utf-8?q?=C3?=  =?UTF-8?q?=A4?=") == "ä")
        #expect(EncodedWord.decode("=?iso-8859-1*en?q?=E4?= x") == "ä x")
        #expect(EncodedWord.decode("=?windows-1252?q?=80?=") == "€")
        #expect(EncodedWord.decode("=?utf-8?z?x?= =??q?x?=") == "=?utf-8?z?x?= =??q?x?=")
    }
}
