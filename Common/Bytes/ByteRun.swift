/// Where runs of ordinary bytes end, found 32 and eight bytes at a time: most of a text needs no closer look.
package enum ByteRun {
    /// Four words, which the processor looks at together.
    private typealias Block = SIMD4<UInt64>

    /// The end of the run from `start` on that has no control character (below 0x20) and neither of two
    /// bytes.
    package static func ofText(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, except one: UInt8, _ other: UInt8
    ) -> Int {
        let (low, ones, others) = (spread(0x20), spread(one), spread(other))
        return run(bytes, from: start, to: end) { byte in
            byte >= 0x20 && byte != one && byte != other
        } oddBits: { word in
            below(low, word) | zero(word ^ ones) | zero(word ^ others)
        } oddBlock: { block in
            below(Block(repeating: low), block) | zero(block ^ Block(repeating: ones))
                | zero(block ^ Block(repeating: others))
        }
    }

    /// The end of the run from `start` on of ASCII that can be seen (0x21 … 0x7E) or, when `first` is 0x20,
    /// is a space, without one byte.
    package static func ofASCII(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, first: UInt8, except one: UInt8
    ) -> Int {
        let (low, ones) = (spread(first), spread(one))
        return run(bytes, from: start, to: end) { byte in
            byte >= first && byte < 0x7F && byte != one
        } oddBits: { word in
            below(low, word) | zero(word ^ ones) | word | (word &+ spread(1))
        } oddBlock: { block in
            below(Block(repeating: low), block) | zero(block ^ Block(repeating: ones)) | block
                | (block &+ Block(repeating: spread(1)))
        }
    }

    /// The end of the run from `start` on that has no tab, and no space that another space, a control
    /// character or the end follows. So most text is one run, however many words it has.
    package static func ofSingleSpaces(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> Int {
        var index = max(0, start)
        let end = min(end, bytes.count)
        while end &- index > blockBytes {
            // Zero for what ends the run. Without a way out and without a branch, so that the processor looks
            // at sixteen bytes at a time; each byte together with the one behind it.
            var least = UInt8.max
            for offset in 0..<blockBytes {
                let (byte, next) = (bytes[index &+ offset], bytes[index &+ offset &+ 1])
                least = min(least, byte ^ 0x09)
                least = min(least, (byte ^ 0x20) | (max(next, 0x20) ^ 0x20))
            }
            if least == 0 { break }
            index = index &+ blockBytes
        }
        while index < end {
            let byte = bytes[index]
            if byte == 0x09 || byte == 0x20 && (index &+ 1 == end || bytes[index &+ 1] <= 0x20) { break }
            index = index &+ 1
        }
        return index
    }

    /// Whether these are lines that all end in CRLF, with no CR or LF anywhere else and no NUL.
    package static func areWholeLines(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return true }
        guard first != 0x0A, last == 0x0A else { return false }
        var least = last
        var broken: UInt8 = 0
        for index in 0..<(bytes.count &- 1) {
            let (byte, next) = (bytes[index], bytes[index &+ 1])
            least = min(least, byte)
            broken |= (byte == 0x0D ? 1 : 0) ^ (next == 0x0A ? 1 : 0)
        }
        return least > 0 && broken == 0
    }

    /// Bytes that are looked at in one go.
    private static let blockBytes = MemoryLayout<Block>.size

    @inline(__always)
    private static func run(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int,
        isOrdinary: (UInt8) -> Bool, oddBits: (UInt64) -> UInt64, oddBlock: (Block) -> Block
    ) -> Int {
        var index = max(0, start)
        let end = min(end, bytes.count)
        let raw = UnsafeRawBufferPointer(bytes)
        while end - index >= blockBytes {
            let odd = oddBlock(raw.loadUnaligned(fromByteOffset: index, as: Block.self))
            guard (odd[0] | odd[1] | odd[2] | odd[3]) & highBits == 0 else { break }
            index += blockBytes
        }
        while end - index >= 8 {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let odd = oddBits(word) & highBits
            guard odd == 0 else { return index + odd.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end, isOrdinary(bytes[index]) { index += 1 }
        return index
    }

    // A word has the high bit of a byte set where that byte is what is asked for; of bytes above the first
    // such one it may say too much, which does no harm to the question where the first is.

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    private static func spread(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    @inline(__always)
    private static func zero(_ word: UInt64) -> UInt64 { (word &- spread(1)) & ~word }

    @inline(__always)
    private static func below(_ limits: UInt64, _ word: UInt64) -> UInt64 { (word &- limits) & ~word }

    @inline(__always)
    private static func zero(_ block: Block) -> Block { (block &- Block(repeating: spread(1))) & ~block }

    @inline(__always)
    private static func below(_ limits: Block, _ block: Block) -> Block { (block &- limits) & ~block }
}
