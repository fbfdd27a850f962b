import FoundationEssentials

/// Base64 of RFC 2045 §6.8.
package enum Base64 {
    package static func encode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(Data(bytes).base64EncodedData())
    }

    /// In lines of 76 characters, each ended by CRLF.
    package static func encodeLines(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(linesBytes(of: bytes.count))
        encodeLines(bytes, into: &output)
        return output
    }

    /// The same at the end of `output`, in portions, so that nothing of the size of a large file is made
    /// beside it.
    static func encodeLines(_ bytes: [UInt8], into output: inout [UInt8]) {
        let options: Data.Base64EncodingOptions = [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ]
        for start in stride(from: 0, to: bytes.count, by: portionBytes) {
            let portion = Data(bytes[start..<min(bytes.count, start + portionBytes)])
            output.append(contentsOf: portion.base64EncodedData(options: options))
            output += [.carriageReturn, .lineFeed]
        }
    }

    /// What so many bytes become, with the line ends.
    static func linesBytes(of count: Int) -> Int {
        let encoded = (count + 2) / 3 * 4
        return encoded + (encoded + 75) / 76 * 2
    }

    /// Lines of 76 characters are of 57 bytes.
    private static let portionBytes = 57 * 1024

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
