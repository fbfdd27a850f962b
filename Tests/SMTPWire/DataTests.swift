import FoundationEssentials
import TestSupport
import Testing

@testable import SMTPWire

@Suite struct DataTests {
    struct Decoded: Equatable {
        var message: String
        var violation: ContentViolation?
        var isComplete: Bool
        var left: Int
    }

    private func decode(_ pieces: [ArraySlice<UInt8>], limit: Int = 10_000, line: Int = 998) -> Decoded {
        var decoder = DataDecoder(maxMessageBytes: limit, maxLineBytes: line)
        var left = 0
        for piece in pieces { left += piece.count - decoder.decode(piece) }
        return Decoded(
            message: String(decoding: decoder.takeMessage(), as: UTF8.self), violation: decoder.violation,
            isComplete: decoder.isComplete, left: left)
    }

    private func decode(_ text: String, limit: Int = 10_000, line: Int = 998) -> Decoded {
        decode([Array(text.utf8)[...]], limit: limit, line: line)
    }

    @Test func `dots are undone and the end is found`() {
        #expect(decode("a\r\n..\r\n.b\r\n\r\n.\r\n").message == "a\r\n.\r\nb\r\n\r\n")
        #expect(decode(".\r\n") == Decoded(message: "", violation: nil, isComplete: true, left: 0))
        #expect(decode("a\r\n.\r\nMAIL FROM:<>\r\n").left == 14)
        #expect(!decode("a\r\n.\r").isComplete)
        #expect(!decode("a.\r\n").isComplete)
    }

    @Test func `violations are reported at the real end`() {
        #expect(
            decode("a\nb\r\n.\r\n")
                == Decoded(message: "", violation: .bareLineFeed, isComplete: true, left: 0))
        #expect(decode("a\rb\r\n.\r\n").violation == .bareCarriageReturn)
        #expect(decode("a\r\r\n.\r\n").violation == .bareCarriageReturn)
        #expect(decode("a\0b\r\n.\r\n").violation == .nul)
        #expect(decode("12345\r\n.\r\n", limit: 7).violation == nil)
        #expect(decode("123456\r\n.\r\n", limit: 7).violation == .tooLarge)
        #expect(decode("12345\r\n.\r\n", line: 5).violation == nil)
        #expect(decode("123456\r\n.\r\n", line: 5).violation == .lineTooLong)
        #expect(decode(".12345\r\n.\r\n", line: 5).violation == nil)
        #expect(decode("123456\r\n.\r\n", line: 5).isComplete)
    }

    @Test func `every cut gives the same as the whole`() {
        let texts = [
            "a\r\n..\r\n.b\r\n\r\nlast\r\n.\r\nRSET\r\n", ".\r\nQUIT\r\n", "a\nb\r\n.\r\nx",
            "a\r\n.\rb\r\n.\r\n",
            "a\r\n.\r.\r\n.\r\n", "..\r\n...\r\n.\r\n", "a\r\n\r\n\r\n.\r\n", "x\r\r\n.\r\n",
        ]
        for text in texts {
            let bytes = Array(text.utf8)
            let whole = decode([bytes[...]])
            for first in 0...bytes.count {
                for second in first...bytes.count {
                    let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                    #expect(decode(pieces) == whole, "\(text.debugDescription) cut at \(first), \(second)")
                }
            }
            #expect(decode(bytes.indices.map { bytes[$0...$0] }) == whole)
        }
    }

    @Test func `encoding and decoding give back any message`() throws {
        var random = SeededBytes(seed: 11)
        for _ in 0..<1_000 {
            var message: [UInt8] = []
            for _ in 0..<random.below(12) {
                message += (0..<random.below(5)).map { _ in Array(".a\u{80}. ".utf8)[random.below(5)] }
                message += [13, 10]
            }
            var decoder = DataDecoder(maxMessageBytes: 10_000)
            let encoded = try DataEncoder.encode(message)
            #expect(decoder.decode(encoded[...]) == encoded.count)
            #expect(decoder.isComplete && decoder.violation == nil)
            #expect(decoder.takeMessage() == message)
        }
    }

    @Test func `the encoder never sends a bare line end and always ends in CRLF`() throws {
        #expect(throws: ContentViolation.bareLineFeed) { try DataEncoder.encode(Array("a\nb\r\n".utf8)) }
        #expect(throws: ContentViolation.bareCarriageReturn) { try DataEncoder.encode(Array("a\r".utf8)) }
        #expect(try DataEncoder.encode(Array("a".utf8)) == Array("a\r\n.\r\n".utf8))
        #expect(try DataEncoder.encode([]) == Array(".\r\n".utf8))
    }

    @Test func `no fake end of data ends a message, wherever it is cut`() throws {
        struct Corpus: Decodable {
            let inbound_fake_eod: [String: String]
            let outbound_fake_eod_extra: [String: String]
        }
        guard let folder = ProcessInfo.processInfo.environment["DISPATCH_CORPORA"] else {
            print("skipped: DISPATCH_CORPORA is not set")
            return
        }
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/smtp-smuggling/cases.json"))
        let corpus = try JSONDecoder().decode(Corpus.self, from: file)
        #expect(corpus.inbound_fake_eod.count >= 10)
        for (name, fake) in corpus.inbound_fake_eod {
            let smuggled =
                "Subject: x\r\n\r\nhello\(fake)MAIL FROM:<evil@example.org>\r\nDATA\r\nspoof\r\n.\r\n"
            let bytes = Array(smuggled.utf8)
            for cut in 0...bytes.count {
                let decoded = decode([bytes[..<cut], bytes[cut...]])
                #expect(
                    decoded.violation != nil && decoded.isComplete && decoded.left == 0,
                    "\(name) cut at \(cut)")
            }
            #expect(throws: ContentViolation.self, "\(name)") { try DataEncoder.encode(bytes) }
        }
        for (name, fake) in corpus.outbound_fake_eod_extra {
            #expect(throws: ContentViolation.self, "\(name)") {
                try DataEncoder.encode(Array("hello\(fake)x\r\n".utf8))
            }
        }
    }

    @Test func `chunks are held to the same rules`() throws {
        var collector = ChunkCollector(maxMessageBytes: 20)
        collector.append(Array("a\r".utf8)[...])
        collector.append(Array("\n.\r\nb".utf8)[...])
        #expect(try collector.takeMessage() == Array("a\r\n.\r\nb\r\n".utf8))
        var bare = ChunkCollector(maxMessageBytes: 20)
        bare.append(Array("a\r".utf8)[...])
        #expect(throws: ContentViolation.bareCarriageReturn) { try bare.takeMessage() }
        var large = ChunkCollector(maxMessageBytes: 3)
        large.append(Array("abcd".utf8)[...])
        large.append(Array("e".utf8)[...])
        #expect(throws: ContentViolation.tooLarge) { try large.takeMessage() }
    }

    @Test func `only CRLF ends a command line`() {
        func scan(_ text: String, _ limit: Int = 10) -> LineScanner.Result {
            LineScanner.scan(Array(text.utf8)[...], maxBytes: limit)
        }
        #expect(scan("QUIT\r\nX") == .line(length: 4))
        #expect(scan("\r\n") == .line(length: 0))
        #expect(scan("QUIT") == .needMore)
        #expect(scan("QUIT\r") == .needMore)
        #expect(scan("QUIT\n") == .bareLineFeed)
        #expect(scan("QU\rIT\r\n") == .bareCarriageReturn)
        #expect(scan("QU\0IT\r\n") == .nul)
        #expect(scan("1234567890\r\n") == .line(length: 10))
        #expect(scan("1234567890\r") == .needMore)
        #expect(scan("12345678901\r\n") == .tooLong)
        #expect(scan("123456789012345") == .tooLong)
    }
}
