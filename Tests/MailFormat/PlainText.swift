import TestSupport

@testable import MailFormat

/// What the rules say of a text, byte by byte and without haste, to hold the fast ways against; and texts
/// with all that the rules are about.
enum PlainText {
    private static let pieces = [
        "a", "word", " ", " ", "  ", "\t", "=", ".", "From ", "F", "\r\n", "\r\n", "\r\n", "\r\n.",
        "\r\nFrom ", " \r\n", "\t\r\n", "\n", "\r", "é", "日本", "\u{7F}", "\u{0}", "\u{1}",
        String(repeating: "x", count: 37), String(repeating: "0123456789", count: 8),
        String(repeating: "y", count: 990),
    ]

    /// - Parameter isClean: whether it has printable ASCII, tabs and CRLF alone.
    static func text(_ random: inout SeededBytes, isClean: Bool) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<random.below(60) {
            let piece = pieces[random.below(pieces.count)]
            if isClean,
                piece.utf8.contains(where: { $0 >= 0x7F || $0 < 0x09 }) || piece == "\n" || piece == "\r"
            {
                continue
            }
            text += piece.utf8
        }
        return text
    }

    /// CR and LF that stand alone become CRLF.
    static func normalized(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == 0x0D || byte == 0x0A {
                output += [0x0D, 0x0A]
                if byte == 0x0D, index < text.count, text[index] == 0x0A { index += 1 }
            } else {
                output.append(byte)
            }
        }
        return output
    }

    /// Of a text with CRLF line ends.
    static func encoding(_ text: [UInt8]) -> TransferEncoding {
        var lines: [[UInt8]] = [[]]
        for byte in text {
            if byte == 0x0A { lines.append([]) } else if byte != 0x0D { lines[lines.count - 1].append(byte) }
        }
        let isSafe = lines.allSatisfy { line in
            line.count <= 998 && line != [0x2E] && !line.starts(with: "From ".utf8)
                && line.allSatisfy { $0 == 0x09 || (0x20...0x7E).contains($0) }
        }
        if isSafe { return .sevenBit }
        let escaped = text.count { $0 == 0x3D || $0 >= 0x7F || ($0 < 0x20 && ![9, 10, 13].contains($0)) }
        return escaped > text.count / 6 ? .base64 : .quotedPrintable
    }

    /// Quoted-printable: each byte as it is or escaped, a soft break before what would make a line of more
    /// than 75.
    ///
    /// - Returns: where each of the seams comes to stand as well.
    static func quoted(_ text: [UInt8], seams: [Int]) -> (encoded: [UInt8], places: [Int]) {
        var output: [UInt8] = []
        var places: [Int] = []
        var column = 0
        var index = 0
        while index < text.count {
            var beginsLine = column == 0
            while places.count < seams.count, seams[places.count] <= index {
                places.append(output.count)
                beginsLine = true
            }
            if isCRLF(text, index) {
                output += [0x0D, 0x0A]
                (column, index) = (0, index + 2)
                continue
            }
            var unit = unit(text, index, beginsLine: beginsLine)
            if column + unit.count > 75 {
                output += [0x3D, 0x0D, 0x0A]
                column = 0
                unit = self.unit(text, index, beginsLine: true)
            }
            output += unit
            (column, index) = (column + unit.count, index + 1)
        }
        while places.count < seams.count { places.append(output.count) }
        return (output, places)
    }

    private static func isCRLF(_ text: [UInt8], _ index: Int) -> Bool {
        index + 1 < text.count && text[index] == 0x0D && text[index + 1] == 0x0A
    }

    private static func unit(_ text: [UInt8], _ index: Int, beginsLine: Bool) -> [UInt8] {
        let byte = text[index]
        let endsLine = index + 1 == text.count || isCRLF(text, index + 1)
        let isBlank = byte == 0x20 || byte == 0x09
        let isUnsafeStart = byte == 0x2E || text[index...].starts(with: "From ".utf8)
        let isPlain =
            isBlank
            ? !endsLine : (0x21...0x7E).contains(byte) && byte != 0x3D && !(beginsLine && isUnsafeStart)
        if isPlain { return [byte] }
        let digits = Array("0123456789ABCDEF".utf8)
        return [0x3D, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
