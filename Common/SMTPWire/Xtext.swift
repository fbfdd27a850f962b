/// The `xtext` of RFC 3461 §4: printable ASCII in which `+`, `=` and everything else are written `+HH`.
package enum Xtext {
    /// Nil when the text is not well formed, or when it hides a control character (it would end in a header).
    package static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            guard byte == .plus else {
                guard byte > .space, byte != .equals, byte != 0x7F else { return nil }
                decoded.append(byte)
                continue
            }
            guard index + 1 < bytes.endIndex, let high = bytes[index].hexadecimalValue,
                let low = bytes[index + 1].hexadecimalValue
            else { return nil }
            decoded.append(high << 4 | low)
            index += 2
        }
        guard decoded.allSatisfy({ $0 >= .space && $0 != 0x7F }) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if byte > .space, byte < 0x7F, byte != .plus, byte != .equals {
                encoded.append(byte)
            } else {
                encoded += [.plus, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
