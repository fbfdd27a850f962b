/// How the body of a part is written down: Content-Transfer-Encoding of RFC 2045 §6.
package enum TransferEncoding: String, Hashable, Sendable {
    case sevenBit = "7bit"
    case eightBit = "8bit"
    case binary
    case quotedPrintable = "quoted-printable"
    case base64

    /// The encoding for text with CRLF line ends: 7bit when every server passes it on untouched, else the
    /// shorter of the two others. A line that begins with `From ` or a lone dot counts as unsafe.
    package static func chosen(forText text: [UInt8]) -> TransferEncoding { TextScan.encoding(of: text) }

    package func encode(_ body: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(estimatedBytes(of: body.count))
        encode(body, into: &output)
        return output
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
