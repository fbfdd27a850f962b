/// A small generator whose every run is the same; the seed is in the test.
package struct SeededBytes {
    private var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    package mutating func next() -> UInt64 { random.next() }

    package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }

    /// Changes, removes, doubles or inserts one byte.
    package mutating func mutate(_ bytes: inout [UInt8]) {
        let interesting = Array("\r\n\0.<>@:\";,=+-[]() \\?_%*/".utf8) + [0xC3, 0xFF]
        let byte = below(2) == 0 ? UInt8(below(256)) : interesting[below(interesting.count)]
        let index = below(bytes.count)
        switch below(4) {
        case 0 where !bytes.isEmpty: bytes[index] = byte
        case 1 where !bytes.isEmpty: bytes.remove(at: index)
        case 2 where !bytes.isEmpty:
            let end = min(bytes.count, index + 1 + below(20))
            bytes.insert(contentsOf: bytes[index..<end], at: index)
        default: bytes.insert(byte, at: min(index, bytes.count))
        }
    }

    /// Changes, removes, doubles or inserts up to four bytes.
    package mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(4) {
            let index = below(bytes.count)
            switch below(4) {
            case 0 where !bytes.isEmpty: bytes[index] = UInt8(below(256))
            case 1 where !bytes.isEmpty: bytes.remove(at: index)
            case 2 where !bytes.isEmpty: bytes.insert(bytes[index], at: index)
            default: bytes.insert(UInt8(below(256)), at: index)
            }
        }
        return bytes
    }
}
