import Crypto
import TestSupport
import Testing

@testable import MailAuth

/// The relaxed forms against a plain reading of RFC 6376 §3.4.2 and §3.4.4, over made texts.
@Suite struct DKIMCanonicalFormTests {
    private static let pieces: [[UInt8]] = [
        "a", "word", "a line of several words that is longer than what is looked at in one go", " ", " ",
        "  ", "\t", " \t ", "\r\n", "\r\n", "\r\n ", "\r\n\t", "\r", "\n", "\u{1}", " \u{1}", " \r", "é",
    ].map { Array($0.utf8) }

    private static func text(_ random: inout SeededRandom) -> [UInt8] {
        (0..<Int.random(in: 0...12, using: &random)).flatMap { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Runs of white space made one space.
    private func squeezed(_ text: some Sequence<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        for byte in text {
            if !isBlank(byte) { output.append(byte) } else if output.last != 0x20 { output.append(0x20) }
        }
        return output
    }

    private func body(_ text: [UInt8]) -> [UInt8] {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < text.count {
            if text[index] == 0x0D, index + 1 < text.count, text[index + 1] == 0x0A {
                lines.append([])
                index += 2
            } else {
                lines[lines.count - 1].append(text[index])
                index += 1
            }
        }
        lines = lines.map { line in
            var line = squeezed(line)
            if line.last == 0x20 { line.removeLast() }
            return line
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.flatMap { $0 + [0x0D, 0x0A] }
    }

    @Test("a relaxed body is what its lines are, each by itself", arguments: 1...20 as ClosedRange<UInt64>)
    func relaxedBody(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let text = Self.text(&random)
            let hash = DKIMBodyHash(Array("x:\r\n".utf8) + text, from: 4, canonicalization: .relaxed)
            let expected = body(text)
            #expect(hash.canonicalByteCount == expected.count, "\(text)")
            #expect(hash.digest == Digest.sha256(expected), "\(text)")
        }
    }

    @Test("a relaxed field is its words with a space between them", arguments: 1...20 as ClosedRange<UInt64>)
    func relaxedField(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let value = Self.text(&random)
            let message = Array("Some-Name:".utf8) + value
            var output: [UInt8] = []
            DKIMCanonicalization.relaxed.appendField(
                MessageFields.Field(name: 0..<9, value: 10..<message.count), of: message, to: &output)
            #expect(output == Array("some-name:".utf8) + field(value), "\(value)")
        }
    }

    private func field(_ value: [UInt8]) -> [UInt8] {
        var unfolded: [UInt8] = []
        var index = 0
        while index < value.count {
            let isLineEnd = value[index] == 0x0D && index + 1 < value.count && value[index + 1] == 0x0A
            unfolded.append(isLineEnd ? 0x20 : value[index])
            index += isLineEnd ? 2 : 1
        }
        var output = squeezed(unfolded)
        if output.first == 0x20 { output.removeFirst() }
        if output.last == 0x20 { output.removeLast() }
        return output
    }
}
