/// Where runs of ordinary bytes end, found 32 and eight bytes at a time: most of a text needs no closer look.
package enum ByteRun {
    /// Four words, which the processor looks at together.
    private typealias Block = SIMD4<UInt64>

    /// The end of the run from `start` on that has no control character (below 0x20) and neither of two
    /// bytes.
    package static func ofText(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, except one: UInt8, _ other: UInt8
    ) -> Int {
        let (ones, others) = (spread(one), spread(other))
        let passed = blocks(bytes, from: start, to: end) { block in
            below(Block(repeating: spread(0x20)), block) | zero(block ^ Block(repeating: ones))
                | zero(block ^ Block(repeating: others))
        }
        return run(bytes, from: passed, to: end) { byte in
            byte >= 0x20 && byte != one && byte != other
        } isOrdinary: { word in
            (below(0x20, word) | zero(word ^ ones) | zero(word ^ others)) & highBits == 0
        }
    }

    /// The end of the run from `start` on of ASCII that can be seen (0x21 … 0x7E) or, when `first` is 0x20,
    /// is a space, without one byte.
    package static func ofASCII(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, first: UInt8, except one: UInt8
    ) -> Int {
        let ones = spread(one)
        let passed = blocks(bytes, from: start, to: end) { block in
            below(Block(repeating: spread(first)), block) | zero(block ^ Block(repeating: ones)) | block
                | (block &+ Block(repeating: spread(1)))
        }
        return run(bytes, from: passed, to: end) { byte in
            byte >= first && byte < 0x7F && byte != one
        } isOrdinary: { word in
            (below(first, word) | zero(word ^ ones) | word | (word &+ spread(1))) & highBits == 0
        }
    }

    /// How far whole blocks are ordinary; `odd` has the high bit of a byte set where one is not.
    @inline(__always)
    private static func blocks(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, odd: (Block) -> Block
    ) -> Int {
        var index = max(0, start)
        let end = min(end, bytes.count)
        let raw = UnsafeRawBufferPointer(bytes)
        while end - index >= 32 {
            let bits = odd(raw.loadUnaligned(fromByteOffset: index, as: Block.self))
            guard (bits[0] | bits[1] | bits[2] | bits[3]) & highBits == 0 else { break }
            index += 32
        }
        return index
    }

    @inline(__always)
    private static func run(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int,
        isOrdinaryByte: (UInt8) -> Bool, isOrdinary: (UInt64) -> Bool
    ) -> Int {
        var index = start
        let end = min(end, bytes.count)
        let raw = UnsafeRawBufferPointer(bytes)
        while end - index >= 8, isOrdinary(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
            index += 8
        }
        while index < end, isOrdinaryByte(bytes[index]) { index += 1 }
        return index
    }

    // A word has the high bit of a byte set where that byte is what is asked for; of bytes above the first
    // such one it may say too much, which does no harm to the question whether there is any.

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    private static func spread(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    @inline(__always)
    private static func zero(_ word: UInt64) -> UInt64 { (word &- spread(1)) & ~word }

    @inline(__always)
    private static func below(_ limit: UInt8, _ word: UInt64) -> UInt64 { (word &- spread(limit)) & ~word }

    @inline(__always)
    private static func zero(_ block: Block) -> Block { (block &- Block(repeating: spread(1))) & ~block }

    @inline(__always)
    private static func below(_ limits: Block, _ block: Block) -> Block { (block &- limits) & ~block }
}
