/// Where runs of ordinary bytes end, found many bytes at a time: most of a text needs no closer look.
package enum ByteRun {
    /// Four words at once. Of vectors only what is done to whole words is compiled to instructions of the
    /// processor; comparisons of bytes are not.
    private typealias Words = SIMD4<UInt64>

    /// The end of the run from `start` on that has no control character (below 0x20) and neither of two
    /// bytes, which are ASCII.
    package static func ofText(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, except one: UInt8, _ other: UInt8
    ) -> Int {
        let (ones, others) = (spread(one), spread(other))
        let (manyOnes, manyOthers) = (Words(repeating: ones), Words(repeating: others))
        return run(bytes, from: start, to: end) { byte in
            byte >= 0x20 && byte != one && byte != other
        } found: { word in
            (below(0x20, word) | zero(word ^ ones) | zero(word ^ others)) & ~word
        } foundInMany: { words in
            (below(0x20, words) | zero(words ^ manyOnes) | zero(words ^ manyOthers)) & ~words
        }
    }

    /// The end of the run from `start` on of ASCII that can be seen (0x21 … 0x7E) or, when `first` is 0x20,
    /// is a space, without one byte, which is ASCII.
    package static func ofASCII(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, first: UInt8, except one: UInt8
    ) -> Int {
        let ones = spread(one)
        let manyOnes = Words(repeating: ones)
        return run(bytes, from: start, to: end) { byte in
            byte >= first && byte < 0x7F && byte != one
        } found: { word in
            below(first, word) | zero(word ^ ones) | word | (word &+ spread(1))
        } foundInMany: { words in
            below(first, words) | zero(words ^ manyOnes) | words | (words &+ many(1))
        }
    }

    /// - Parameters:
    ///   - found: has the high bit of a byte set where the run may end.
    ///   - foundInMany: the same of four words.
    @inline(__always)
    private static func run(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int,
        isOrdinaryByte: (UInt8) -> Bool, found: (UInt64) -> UInt64, foundInMany: (Words) -> Words
    ) -> Int {
        var index = max(0, start)
        let end = min(end, bytes.count)
        let raw = UnsafeRawBufferPointer(bytes)
        while end &- index >= 32 {
            let words = foundInMany(raw.loadUnaligned(fromByteOffset: index, as: Words.self))
            guard (words[0] | words[1] | words[2] | words[3]) & highBits == 0 else { break }
            index &+= 32
        }
        while end &- index >= 8 {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let bits = found(word) & highBits
            guard bits == 0 else { return index + bits.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < end, isOrdinaryByte(bytes[index]) { index += 1 }
        return index
    }

    // A word has the high bit of a byte set where that byte, if it is ASCII, is what is asked for; of bytes
    // above the first such one it may say too much, which does no harm to the question whether there is any,
    // and which is the first.

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    private static func spread(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    @inline(__always)
    private static func many(_ byte: UInt8) -> Words { Words(repeating: spread(byte)) }

    @inline(__always)
    private static func zero(_ word: UInt64) -> UInt64 { word &- spread(1) }

    @inline(__always)
    private static func zero(_ words: Words) -> Words { words &- many(1) }

    @inline(__always)
    private static func below(_ limit: UInt8, _ word: UInt64) -> UInt64 { word &- spread(limit) }

    @inline(__always)
    private static func below(_ limit: UInt8, _ words: Words) -> Words { words &- many(limit) }
}
