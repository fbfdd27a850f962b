/// Percent-decoding (RFC 3986 §2.1). It never guesses: a broken escape is an error, not a literal `%`.
enum PercentDecoding {
    /// Appends the decoded bytes to `output`; false when an escape is broken or decodes to NUL.
    static func decode(
        _ bytes: [UInt8], _ range: Range<Int>, plusIsSpace: Bool, into output: inout [UInt8]
    ) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            if byte == ASCII.percent {
                guard range.upperBound - index >= 2, let high = ASCII.hexValue(bytes[index]),
                    let low = ASCII.hexValue(bytes[index + 1]), high | low != 0
                else { return false }
                output.append(high << 4 | low)
                index += 2
            } else if byte == UInt8(ascii: "+"), plusIsSpace {
                output.append(ASCII.space)
            } else {
                guard byte != 0 else { return false }
                output.append(byte)
            }
        }
        return true
    }
}
