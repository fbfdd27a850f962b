/// Where runs of ordinary bytes end, found eight bytes at a time: most of a text needs no closer look.
package enum ByteRun {
    /// The end of the run from `start` on that has no control character (below 0x20): of a line, mostly.
    package static func ofLine(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
        var index = max(0, start)
        let end = min(end, bytes.count)
        while end &- index >= block {
            // Without a way out, so that the processor looks at sixteen bytes at a time.
            var least = UInt8.max
            for offset in 0..<block { least = min(least, bytes[index &+ offset]) }
            if least < 0x20 { break }
            index = index &+ block
        }
        while index < end, bytes[index] >= 0x20 { index = index &+ 1 }
        return index
    }

    /// The end of the run from `start` on of text as it should be: no control character (below 0x20), and no
    /// space that another space, a control character or the end follows. So most lines are one run, however
    /// many words they have.
    package static func ofWords(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
        var index = max(0, start)
        let end = min(end, bytes.count)
        while end &- index > block {
            // The same; each byte is looked at together with the one behind it.
            var (least, leastPair) = (UInt8.max, UInt8.max)
            for offset in 0..<block {
                let (byte, next) = (bytes[index &+ offset], bytes[index &+ offset &+ 1])
                least = min(least, byte)
                leastPair = min(leastPair, max(byte, next))
            }
            if least < 0x20 || leastPair <= 0x20 { break }
            index = index &+ block
        }
        while index < end {
            let byte = bytes[index]
            if byte < 0x20 || byte == 0x20 && (index &+ 1 == end || bytes[index &+ 1] <= 0x20) { break }
            index = index &+ 1
        }
        return index
    }

    /// Bytes that are looked at in one go: less than a line.
    private static let block = 32

    @inline(__always)
    private static func run(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int,
        isOrdinaryByte: (UInt8) -> Bool, isOrdinary: (UInt64) -> Bool
    ) -> Int {
        var index = max(0, start)
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
}
