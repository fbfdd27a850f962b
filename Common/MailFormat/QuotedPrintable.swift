import Bytes

/// Quoted-printable of RFC 2045 §6.7, and the Q encoding of RFC 2047 §4.2.
package enum QuotedPrintable {
    static let maxLineBytes = 76

    /// Encodes text whose lines end in CRLF; those stay line ends. Lines that a mail store or SMTP would
    /// alter (`From `, a dot, blanks at the end) are escaped.
    package static func encode(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(estimatedBytes(of: text.count))
        _ = encode(text, seams: [], to: &output)
        return output
    }

    /// How much a text of mostly plain bytes comes to.
    static func estimatedBytes(of count: Int) -> Int { count + count / 16 + 16 }

    /// The same at the end of `output`.
    ///
    /// - Parameter seams: offsets in the text, in order, at which a line may be broken later on.
    /// - Returns: where in `output` each of them is.
    static func encode(_ text: [UInt8], seams: [Int], to output: inout [UInt8]) -> [Int] {
        text.withUnsafeBufferPointer { encode($0, seams: seams, to: &output) }
    }

    private static func encode(
        _ text: UnsafeBufferPointer<UInt8>, seams: [Int], to output: inout [UInt8]
    ) -> [Int] {
        var places: [Int] = []
        places.reserveCapacity(seams.count)
        var nextSeam = seams.first ?? .max
        var column = 0
        var index = 0
        // What stands for itself, but for what begins a line, ends here.
        var plainEnd = 0
        while index < text.count {
            var beginsLine = column == 0
            while index >= nextSeam {
                places.append(output.count)
                nextSeam = places.count < seams.count ? seams[places.count] : .max
                beginsLine = true
            }
            if isCRLF(text, at: index) {
                output.append(.carriageReturn)
                output.append(.lineFeed)
                (column, index) = (0, index + 2)
                continue
            }
            if index >= plainEnd { plainEnd = endOfPlain(text, from: index) }
            let isPlain =
                (index < plainEnd || isPlainBlank(text, at: index))
                && !(beginsLine && isUnsafeStart(text, at: index))
            let width = isPlain ? 1 : 3
            let room = maxLineBytes - 1 - column
            guard width <= room else {
                output.append(.equals)
                output.append(.carriageReturn)
                output.append(.lineFeed)
                column = 0
                continue
            }
            guard isPlain else {
                output.appendEscape(.equals, text[index])
                (column, index) = (column + 3, index + 1)
                continue
            }
            let end = max(index + 1, min(index + room, plainEnd, nextSeam))
            output.append(contentsOf: UnsafeBufferPointer(rebasing: text[index..<end]))
            (column, index) = (column + end - index, end)
        }
        while places.count < seams.count { places.append(output.count) }
        return places
    }

    /// The end of the printable ASCII from `start` on, without `=` and without a space at the end of a line.
    private static func endOfPlain(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let end = ByteRun.ofASCII(text, from: start, to: text.count, first: .space, except: .equals)
        let endsLine = end == text.count || isCRLF(text, at: end)
        return endsLine && end > start && text[end - 1] == .space ? end - 1 : end
    }

    private static func isPlainBlank(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        text[index].isBlank && index + 1 < text.count && !isCRLF(text, at: index + 1)
    }

    private static func isUnsafeStart(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        let byte = text[index]
        return byte == .dot || (byte == 0x46 && text[index...].starts(with: "From ".utf8))
    }

    private static func isCRLF(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        text[index] == .carriageReturn && index + 1 < text.count && text[index + 1] == .lineFeed
    }

    /// Decodes what can be decoded: an escape that is none stays as it is; blanks before a line end are
    /// dropped.
    package static func decode(_ encoded: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        // Everything before this was escaped or is no blank, so it is not to be trimmed.
        var trimLimit = 0
        var index = encoded.startIndex
        while index < encoded.endIndex {
            let byte = encoded[index]
            index += 1
            if byte == .lineFeed || byte == .carriageReturn {
                while decoded.count > trimLimit, decoded.last?.isBlank == true { decoded.removeLast() }
                decoded.append(byte)
                trimLimit = decoded.count
            } else if byte == .equals {
                if let end = softBreakEnd(encoded, from: index) {
                    index = end
                } else if index + 1 < encoded.endIndex, let high = encoded[index].hexadecimalValue,
                    let low = encoded[index + 1].hexadecimalValue
                {
                    decoded.append(high << 4 | low)
                    index += 2
                } else {
                    decoded.append(byte)
                }
                trimLimit = decoded.count
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    /// Where the line behind `=`, blanks and a line end begins.
    private static func softBreakEnd(_ encoded: ArraySlice<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < encoded.endIndex, encoded[index].isBlank { index += 1 }
        guard index < encoded.endIndex else { return index }
        if encoded[index] == .lineFeed { return index + 1 }
        guard encoded[index] == .carriageReturn else { return nil }
        let isCRLF = index + 1 < encoded.endIndex && encoded[index + 1] == .lineFeed
        return index + (isCRLF ? 2 : 1)
    }

    static func decodeQ(_ encoded: ArraySlice<UInt8>) -> [UInt8] {
        decode(encoded.map { $0 == .underscore ? .space : $0 }[...])
    }
}
