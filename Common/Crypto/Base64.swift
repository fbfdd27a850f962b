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
                alphabet.withUnsafeBufferPointer { alphabet in
                    write(input, alphabet, to: output)
                }
                return length
            }
        }
    }

    /// Fills the output, which has the length of the text.
    private static func write(
        _ input: UnsafeBufferPointer<UInt8>, _ alphabet: UnsafeBufferPointer<UInt8>,
        to output: UnsafeMutableBufferPointer<UInt8>
    ) {
        let whole = input.count / 3
        for group in 0..<whole {
            let (from, to) = (group &* 3, group &* 4)
            let bits = UInt32(input[from]) << 16 | UInt32(input[from &+ 1]) << 8 | UInt32(input[from &+ 2])
            output[to] = alphabet[Int(bits &>> 18)]
            output[to &+ 1] = alphabet[Int(bits &>> 12 & 63)]
            output[to &+ 2] = alphabet[Int(bits &>> 6 & 63)]
            output[to &+ 3] = alphabet[Int(bits & 63)]
        }
        let (from, to) = (whole * 3, whole * 4)
        guard from < input.count else { return }
        let second = from + 1 < input.count ? UInt32(input[from + 1]) : nil
        let bits = UInt32(input[from]) << 16 | (second ?? 0) << 8
        output[to] = alphabet[Int(bits >> 18)]
        output[to + 1] = alphabet[Int(bits >> 12 & 63)]
        if second != nil { output[to + 2] = alphabet[Int(bits >> 6 & 63)] }
        for place in (to + (second == nil ? 2 : 3))..<output.count { output[place] = padding }
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
