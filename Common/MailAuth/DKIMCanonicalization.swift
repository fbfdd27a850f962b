import Bytes
import Glibc

/// How much change on the way a DKIM signature tolerates (RFC 6376 §3.4).
package enum DKIMCanonicalization: String, Sendable {
    /// Almost none.
    case simple
    /// White space may be added or folded differently.
    case relaxed

    /// Appends one header field in its canonical form (RFC 6376 §3.4.1, §3.4.2), without a CRLF at its end.
    func appendField(_ field: MessageFields.Field, of message: [UInt8], to output: inout [UInt8]) {
        switch self {
        case .simple:
            output.append(contentsOf: message[field.whole])
        case .relaxed:
            for index in field.name { output.append(message[index].lowercased) }
            output.append(UInt8(ascii: ":"))
            Self.appendRelaxed(message, field.value, to: &output)
        }
    }

    /// Folds removed, runs of white space made one space, none at the start or the end.
    private static func appendRelaxed(_ message: [UInt8], _ range: Range<Int>, to output: inout [UInt8]) {
        let start = output.count
        var position = range.lowerBound
        while true {
            let spaceStart = position
            position = endOfSpace(message, from: position, to: range.upperBound)
            if position >= range.upperBound { return }
            if position > spaceStart, output.count > start { output.append(0x20) }
            let wordStart = position
            position = endOfWords(message, from: position, to: range.upperBound)
            output.append(contentsOf: message[wordStart..<position])
        }
    }

    /// The first position that is neither white space nor part of a fold.
    private static func endOfSpace(_ message: [UInt8], from start: Int, to end: Int) -> Int {
        var position = start
        while position < end {
            let byte = message[position]
            if byte == 0x20 || byte == 0x09 {
                position += 1
            } else if byte == 0x0D, position + 1 < end, message[position + 1] == 0x0A {
                position += 2
            } else {
                break
            }
        }
        return position
    }

    /// The end of the text that needs no change: words with single spaces between them.
    private static func endOfWords(_ message: [UInt8], from start: Int, to end: Int) -> Int {
        message.withUnsafeBufferPointer { bytes in
            var position = start
            while true {
                let lineEnd = carriageReturn(bytes, from: position, to: end)
                position = ByteRun.ofSingleSpaces(bytes, from: position, to: lineEnd)
                // White space that is more than a single space between two words, or a fold, or the end.
                guard position == lineEnd, position < end else { return position }
                if position + 1 < end, bytes[position + 1] == 0x0A { return position }
                position += 1
            }
        }
    }

    private static func carriageReturn(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> Int {
        guard let base = bytes.baseAddress, start < end else { return end }
        return memchr(base + start, 0x0D, end - start).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
            ?? end
    }
}
