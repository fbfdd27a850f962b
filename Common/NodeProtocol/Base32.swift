/// RFC 4648 §6 without padding, in lower case: what survives hosts that change the case of an address.
enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    /// Texts are addresses, which are short.
    private static let maxDigits = 64

    static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count * 8 + 4) / 5) { digits in
            var (pending, bits, count): (UInt32, UInt32, Int) = (0, 0, 0)
            for byte in bytes {
                pending = (pending << 8 | UInt32(byte)) & 0xFFF
                bits += 8
                while bits >= 5 {
                    bits -= 5
                    digits[count] = digit(pending &>> bits & 31)
                    count += 1
                }
            }
            if bits > 0 {
                digits[count] = digit(pending &<< (5 - bits) & 31)
                count += 1
            }
            return count
        }
    }

    /// `a` to `z`, then `2` to `7`.
    private static func digit(_ value: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 26 ? 0x61 + value : 0x18 + value)
    }

    /// Nil unless `encode` could have written it, in either case: each value has one text.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count <= maxDigits else { return nil }
        var bytes: [UInt8] = []
        var (pending, bits) = (0, 0)
        for digit in text.utf8 {
            let lower = digit >= UInt8(ascii: "A") && digit <= UInt8(ascii: "Z") ? digit | 0x20 : digit
            guard let value = alphabet.firstIndex(of: lower) else { return nil }
            pending = (pending << 5 | value) & 0xFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
        }
        // Fewer than five bits may be left over, and they are zero.
        guard bits < 5, pending & ((1 << bits) - 1) == 0 else { return nil }
        return bytes
    }
}
