/// Base64 as RFC 4648 has it: `standard` (§4, padded) and `url` (§5, without padding).
///
/// Decoding is strict: no white space, no foreign character, exact padding, and zero in the unused bits, so
/// that each value has one text only.
package enum Base64 {
    /// §4: `+` and `/`, padded to a multiple of four.
    package static func encode(_ bytes: some ByteSource) -> String {
        encode(bytes, alphabet: standardAlphabet, padded: true)
    }

    /// §4, strict; nil for anything that `encode` would not have printed.
    package static func decode(_ text: some ByteSource) -> [UInt8]? {
        text.withBytes { input in
            guard input.count.isMultiple(of: 4) else { return nil }
            var count = input.count
            while count > 0, input.count - count < 2, input[count - 1] == padding { count -= 1 }
            return decode(input, count: count, table: standardTable)
        }
    }

    /// §5: `-` and `_`, no padding.
    package static func encodeURL(_ bytes: some ByteSource) -> String {
        encode(bytes, alphabet: urlAlphabet, padded: false)
    }

    /// §5, strict, without padding; nil for anything that `encodeURL` would not have printed.
    package static func decodeURL(_ text: some ByteSource) -> [UInt8]? {
        text.withBytes { decode($0, count: $0.count, table: urlTable) }
    }

    private static let padding = UInt8(ascii: "=")
    private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let standardAlphabet = Array((common + "+/").utf8)
    private static let urlAlphabet = Array((common + "-_").utf8)
    private static let standardTable = table(of: standardAlphabet)
    private static let urlTable = table(of: urlAlphabet)
    private static let foreign: UInt8 = 0xFF

    private static func table(of alphabet: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: foreign, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }

    private static func encode(_ bytes: some ByteSource, alphabet: [UInt8], padded: Bool) -> String {
        bytes.withBytes { input in
            let length = padded ? (input.count + 2) / 3 * 4 : (input.count * 4 + 2) / 3
            return String(unsafeUninitializedCapacity: length) { output in
                var written = 0
                func put(_ value: UInt32) {
                    output[written] = alphabet[Int(value & 63)]
                    written += 1
                }
                var index = 0
                while input.count - index >= 3 {
                    let group =
                        UInt32(input[index]) << 16 | UInt32(input[index + 1]) << 8 | UInt32(input[index + 2])
                    put(group >> 18)
                    put(group >> 12)
                    put(group >> 6)
                    put(group)
                    index += 3
                }
                let left = input.count - index
                if left > 0 {
                    let second = left == 2 ? UInt32(input[index + 1]) : 0
                    let group = UInt32(input[index]) << 16 | second << 8
                    put(group >> 18)
                    put(group >> 12)
                    if left == 2 { put(group >> 6) }
                }
                while written < length {
                    output[written] = padding
                    written += 1
                }
                return length
            }
        }
    }

    private static func decode(_ input: UnsafeBufferPointer<UInt8>, count: Int, table: [UInt8]) -> [UInt8]? {
        guard count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var bitCount = 0
        for index in 0..<count {
            let value = table[Int(input[index])]
            guard value != foreign else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0xFFFF
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        let unused = bits & (1 << UInt32(bitCount) - 1)
        return unused == 0 ? bytes : nil
    }
}
