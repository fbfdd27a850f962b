import FoundationEssentials

/// Base64 of RFC 2045 §6.8.
package enum Base64 {
    package static func encode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(Data(bytes).base64EncodedData())
    }

    /// In lines of 76 characters, each ended by CRLF.
    package static func encodeLines(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        let options: Data.Base64EncodingOptions = [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ]
        return Array(Data(bytes).base64EncodedData(options: options)) + [.carriageReturn, .lineFeed]
    }

    /// Decodes what can be decoded: characters outside of the alphabet are passed over, padding ends a group,
    /// and a last group that is not whole gives the bytes it has. Mail in the wild is cut and joined.
    package static func decode(_ encoded: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var count = 0
        for byte in encoded {
            let value = values[Int(byte)]
            if value < 64 {
                group = group << 6 | UInt32(value)
                count += 1
                guard count == 4 else { continue }
                decoded.append(UInt8(truncatingIfNeeded: group >> 16))
                decoded.append(UInt8(truncatingIfNeeded: group >> 8))
                decoded.append(UInt8(truncatingIfNeeded: group))
                (group, count) = (0, 0)
            } else if byte == .equals {
                flush(&group, &count, into: &decoded)
            }
        }
        flush(&group, &count, into: &decoded)
        return decoded
    }

    private static func flush(_ group: inout UInt32, _ count: inout Int, into decoded: inout [UInt8]) {
        if count == 3 { decoded.append(UInt8(truncatingIfNeeded: group >> 10)) }
        if count == 3 { decoded.append(UInt8(truncatingIfNeeded: group >> 2)) }
        if count == 2 { decoded.append(UInt8(truncatingIfNeeded: group >> 4)) }
        (group, count) = (0, 0)
    }

    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
        return table
    }()
}
