import Bytes

/// Quoted-printable of RFC 2045 §6.7, and the Q encoding of RFC 2047 §4.2.
package enum QuotedPrintable {
    static let maxLineBytes = 76

    /// Encodes text whose lines end in CRLF; those stay line ends. Lines that a mail store or SMTP would
    /// alter (`From `, a dot, blanks at the end) are escaped.
    package static func encode(_ text: [UInt8]) -> [UInt8] { encode(text, seams: []).encoded }

    /// - Parameter seams: offsets in the text, in order, at which a line may be broken later on.
    /// - Returns: where each of them is in what comes out.
    static func encode(_ text: [UInt8], seams: [Int]) -> (encoded: [UInt8], seams: [Int]) {
        text.withUnsafeBufferPointer { encode($0, seams: seams) }
    }

    private static func encode(
        _ text: UnsafeBufferPointer<UInt8>, seams: [Int]
    ) -> (encoded: [UInt8], seams: [Int]) {
        var encoded: [UInt8] = []
        var places: [Int] = []
        places.reserveCapacity(seams.count)
        var nextSeam = seams.first ?? .max
        encoded.reserveCapacity(text.count + text.count / 8 + 16)
        var column = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            let isSeam = index >= nextSeam
            while index >= nextSeam {
                places.append(encoded.count)
                nextSeam = places.count < seams.count ? seams[places.count] : .max
            }
            if byte == .carriageReturn, isCRLF(text, at: index) {
                encoded.append(.carriageReturn)
                encoded.append(.lineFeed)
                (column, index) = (0, index + 2)
                continue
            }
            if column > 0, !isSeam {
                let room = min(maxLineBytes - 1 - column, nextSeam - index)
                let run = plainRun(text, from: index, maxBytes: room)
                encoded.append(contentsOf: UnsafeBufferPointer(rebasing: text[index..<index + run]))
                (column, index) = (column + run, index + run)
                if run > 0 { continue }
            }
            let isPlain = isPlain(text, at: index, column: isSeam ? 0 : column)
            let width = isPlain ? 1 : 3
            if column + width > maxLineBytes - 1 {
                encoded.append(.equals)
                encoded.append(.carriageReturn)
                encoded.append(.lineFeed)
                column = 0
                continue
            }
            if isPlain { encoded.append(byte) } else { encoded.appendEscape(.equals, byte) }
            column += width
            index += 1
        }
        while places.count < seams.count { places.append(encoded.count) }
        return (encoded, places)
    }

    /// How many bytes from `start` on stand for themselves wherever they are: no blanks, no `=`.
    private static func plainRun(_ text: UnsafeBufferPointer<UInt8>, from start: Int, maxBytes: Int) -> Int {
        let end = start + max(0, maxBytes)
        return ByteRun.ofASCII(text, from: start, to: end, first: 0x21, except: .equals) - start
    }

    private static func isPlain(
        _ text: UnsafeBufferPointer<UInt8>, at index: Int, column: Int
    ) -> Bool {
        let byte = text[index]
        if byte.isBlank { return index + 1 < text.count && !isCRLF(text, at: index + 1) }
        guard byte > .space, byte < 0x7F, byte != .equals else { return false }
        guard column == 0 else { return true }
        return byte != .dot && !(byte == 0x46 && text[index...].starts(with: "From ".utf8))
    }

    private static func isCRLF(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        index + 1 < text.count && text[index] == .carriageReturn && text[index + 1] == .lineFeed
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
