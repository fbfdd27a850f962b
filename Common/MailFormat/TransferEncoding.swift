import Bytes

/// How the body of a part is written down: Content-Transfer-Encoding of RFC 2045 §6.
package enum TransferEncoding: String, Hashable, Sendable {
    case sevenBit = "7bit"
    case eightBit = "8bit"
    case binary
    case quotedPrintable = "quoted-printable"
    case base64

    /// The encoding for text with CRLF line ends: 7bit when every server passes it on untouched, else the
    /// shorter of the two others. A line that begins with `From ` or a lone dot counts as unsafe.
    package static func chosen(forText text: [UInt8]) -> TransferEncoding {
        text.withUnsafeBufferPointer { chosen(for: $0) }
    }

    private static func chosen(for text: UnsafeBufferPointer<UInt8>) -> TransferEncoding {
        var lineStart = 0
        var escaped = 0
        var isSafe = true
        var previous: UInt8 = .lineFeed
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case .lineFeed:
                let lineBytes = index + 1 - lineStart
                // CRLF is in the count, and the LF of this line.
                if lineBytes > HeaderError.maxLineBytes + 2 || (index > 0 && previous != .carriageReturn) {
                    isSafe = false
                }
                if lineBytes == 3, text[index - 2] == .dot { isSafe = false }
                lineStart = index + 1
            case _ where previous == .carriageReturn: isSafe = false
            default: break
            }
            if byte < .space && !byte.isBlankOrLineEnd || byte >= 0x7F {
                isSafe = false
                escaped += 1
            } else if byte == .equals {
                escaped += 1
            }
            if previous == .lineFeed, byte == 0x46, text[index...].starts(with: "From ".utf8) {
                isSafe = false
            }
            previous = byte
            index += 1
            guard byte >= .space else { continue }
            let end = ByteRun.ofASCII(text, from: index, to: text.count, first: .space, except: .equals)
            if end > index { previous = text[end - 1] }
            index = end
        }
        let lineBytes = text.count - lineStart
        if lineBytes > HeaderError.maxLineBytes || (lineBytes == 1 && text.last == .dot) { isSafe = false }
        if previous == .carriageReturn || text.first == .lineFeed { isSafe = false }
        if isSafe { return .sevenBit }
        return escaped > text.count / 6 ? .base64 : .quotedPrintable
    }

    package func encode(_ body: [UInt8]) -> [UInt8] {
        switch self {
        case .sevenBit, .eightBit, .binary: body
        case .quotedPrintable: QuotedPrintable.encode(body)
        case .base64: Base64.encodeLines(body)
        }
    }

    /// The same at the end of `output`.
    func encode(_ body: [UInt8], into output: inout [UInt8]) {
        if self == .base64 { Base64.encodeLines(body, into: &output) } else { output += encode(body) }
    }

    package func decode(_ body: ArraySlice<UInt8>) -> [UInt8] {
        switch self {
        case .sevenBit, .eightBit, .binary: Array(body)
        case .quotedPrintable: QuotedPrintable.decode(body)
        case .base64: Base64.decode(body)
        }
    }

    /// The value of a header field; unknown encodings are read as binary.
    init(parsing value: String) { self = TransferEncoding(rawValue: Self.word(value)) ?? .binary }

    /// Whether the value of a header field names an encoding of RFC 2045.
    static func isKnown(_ value: String) -> Bool { TransferEncoding(rawValue: word(value)) != nil }

    private static func word(_ value: String) -> String {
        value.prefix { $0 != " " && $0 != ";" && $0 != "(" }.lowercased()
    }
}

extension UInt8 {
    fileprivate var isBlankOrLineEnd: Bool { isBlank || self == .carriageReturn || self == .lineFeed }
}
