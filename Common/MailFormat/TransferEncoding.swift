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
        text.withUnsafeBufferPointer { chosen(for: $0, ifNormal: false) } ?? .sevenBit
    }

    /// The same for a text that may have other line ends; nil when it has.
    static func chosen(forNormalText text: [UInt8]) -> TransferEncoding? {
        text.withUnsafeBufferPointer { chosen(for: $0, ifNormal: true) }
    }

    /// - Parameter ifNormal: whether a CR or LF alone ends the search with nil; else it is only unsafe.
    private static func chosen(
        for text: UnsafeBufferPointer<UInt8>, ifNormal: Bool
    ) -> TransferEncoding? {
        var lineStart = 0
        var escaped = 0
        var isSafe = true
        var index = 0
        while true {
            index = ByteRun.ofASCII(text, from: index, to: text.count, first: .space, except: .equals)
            let isEnd = index == text.count
            if isEnd || text[index].isLineEnd {
                if !isSafeLine(text, from: lineStart, to: index) { isSafe = false }
                guard !isEnd else { break }
                if text[index] == .carriageReturn, index + 1 < text.count, text[index + 1] == .lineFeed {
                    index += 2
                } else if ifNormal {
                    return nil
                } else {
                    isSafe = false
                    index += 1
                }
                lineStart = index
                continue
            }
            if text[index] == .equals {
                escaped += 1
            } else if text[index] != .tab {
                isSafe = false
                escaped += 1
            }
            index += 1
        }
        if isSafe { return .sevenBit }
        return escaped > text.count / 6 ? .base64 : .quotedPrintable
    }

    /// Whether every server passes the line on untouched, as far as its length and its beginning go.
    private static func isSafeLine(_ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Bool {
        guard end > start, end - start <= HeaderError.maxLineBytes else { return end == start }
        if text[start] == .dot { return end - start > 1 }
        return text[start] != 0x46 || !text[start..<end].starts(with: "From ".utf8)
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
        switch self {
        case .sevenBit, .eightBit, .binary: output += body
        case .quotedPrintable: _ = QuotedPrintable.encode(body, seams: [], to: &output)
        case .base64: Base64.encodeLines(body, into: &output)
        }
    }

    /// How much so many bytes will be written as, roughly.
    func estimatedBytes(of count: Int) -> Int {
        switch self {
        case .sevenBit, .eightBit, .binary: count
        case .quotedPrintable: QuotedPrintable.estimatedBytes(of: count)
        case .base64: Base64.linesBytes(of: count)
        }
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
    fileprivate var isLineEnd: Bool { self == .carriageReturn || self == .lineFeed }
}
