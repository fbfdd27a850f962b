import TestSupport
import Testing

@testable import Bytes

@Suite struct ByteRunTests {
    /// Every byte at every place of a run that is longer than a word.
    @Test("a run ends where a look at each byte ends it", arguments: 0...255 as ClosedRange<UInt8>)
    func agreesWithEachByte(byte: UInt8) {
        for place in 0..<19 {
            var text = Array(repeating: UInt8(ascii: "a"), count: 19)
            text[place] = byte
            if place > 0 { text[place - 1] = 0x7E }
            for start in 0...text.count {
                text.withUnsafeBufferPointer { bytes in
                    let plain = bytes[start...].firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }
                    #expect(
                        ByteRun.ofText(bytes, from: start, to: 19, except: 0x22, 0x5C) == plain ?? 19)
                    for first in [0x20, 0x21] as [UInt8] {
                        let seen = bytes[start...].firstIndex { $0 < first || $0 >= 0x7F || $0 == 0x3D }
                        #expect(
                            ByteRun.ofASCII(bytes, from: start, to: 19, first: first, except: 0x3D)
                                == seen ?? 19)
                    }
                }
            }
        }
    }

    @Test("long runs end where a look at each byte ends them")
    func agreesWithEachByteOfLongRuns() {
        var random = SeededBytes(seed: 32)
        for _ in 0..<3_000 {
            var text = (0..<random.below(150)).map { _ in UInt8(0x23 + random.below(0x18)) }
            for _ in 0..<random.below(4) where !text.isEmpty {
                text[random.below(text.count)] = UInt8(random.below(256))
            }
            let start = random.below(text.count + 1)
            let end = start + random.below(text.count - start + 1)
            text.withUnsafeBufferPointer { bytes in
                let plain = bytes[start..<end].firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x3A }
                #expect(ByteRun.ofText(bytes, from: start, to: end, except: 0x22, 0x3A) == plain ?? end)
                let seen = bytes[start..<end].firstIndex { $0 < 0x20 || $0 >= 0x7F || $0 == 0x3D }
                #expect(
                    ByteRun.ofASCII(bytes, from: start, to: end, first: 0x20, except: 0x3D) == seen ?? end)
            }
        }
    }

    /// Every byte at places on both sides of where one block ends and the next begins, with every kind of
    /// byte behind it.
    @Test(
        "a run of single spaces ends where a look at each byte ends it",
        arguments: 0...255 as ClosedRange<UInt8>)
    func agreesWithEachByteOfText(byte: UInt8) {
        for place in [0, 1, 30, 31, 32, 33, 62, 63, 64, 65, 70] {
            for next in [0x09, 0x0D, 0x1F, 0x20, 0x21, 0x61, 0xFF] as [UInt8] {
                var text = Array("one word and another ".utf8)
                while text.count < 71 { text.append(0x62) }
                text[place] = byte
                if place < 70 { text[place + 1] = next }
                text.withUnsafeBufferPointer { bytes in
                    for end in [place, place + 1, 71] {
                        let words = bytes[..<end].indices.first {
                            bytes[$0] == 0x09 || bytes[$0] == 0x20 && ($0 + 1 == end || bytes[$0 + 1] <= 0x20)
                        }
                        #expect(ByteRun.ofSingleSpaces(bytes, from: 0, to: end) == words ?? end)
                    }
                }
            }
        }
    }

    /// Every byte at every place of two lines, alone and before a line feed.
    @Test("only lines that end in CRLF are whole", arguments: 0...255 as ClosedRange<UInt8>)
    func knowsWholeLines(byte: UInt8) {
        let lines = Array("a line\r\n and another one, which is longer than a block\r\n".utf8)
        for place in lines.indices {
            var text = lines
            text[place] = byte
            expectAgreement(text)
            if place + 1 < text.count {
                text[place + 1] = 0x0A
                expectAgreement(text)
            }
        }
    }

    private func expectAgreement(_ text: [UInt8]) {
        let isWhole = text.indices.allSatisfy { index in
            switch text[index] {
            case 0: false
            case 0x0D: index + 1 < text.count && text[index + 1] == 0x0A
            case 0x0A: index > 0 && text[index - 1] == 0x0D
            default: index + 1 < text.count
            }
        }
        #expect(text.withUnsafeBufferPointer(ByteRun.areWholeLines) == isWhole)
    }

    @Test("a run does not go past its end, nor past the bytes")
    func endsInBounds() {
        let text = Array("only plain text, of more than a word".utf8)
        text.withUnsafeBufferPointer { bytes in
            #expect(ByteRun.ofText(bytes, from: 3, to: 10, except: 0, 0) == 10)
            #expect(ByteRun.ofText(bytes, from: 3, to: 1_000, except: 0, 0) == text.count)
            #expect(ByteRun.ofText(bytes, from: 10, to: 4, except: 0, 0) == 10)
            #expect(ByteRun.ofASCII(bytes, from: 0, to: 0, first: 0x20, except: 0) == 0)
            #expect(ByteRun.ofSingleSpaces(bytes, from: 3, to: 1_000) == text.count)
            #expect(ByteRun.ofSingleSpaces(bytes, from: 10, to: 4) == 10)
            #expect(!ByteRun.areWholeLines(bytes))
            #expect(ByteRun.areWholeLines(UnsafeBufferPointer(rebasing: bytes[..<0])))
        }
    }
}
