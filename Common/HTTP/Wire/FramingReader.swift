/// The fields that decide where a message ends and what becomes of the connection (RFC 9112 §6 and §9).
struct FramingReader {
    private var hosts = 0
    private var contentLength: Int?
    private var isChunked = false
    private var expectsOther = false
    private(set) var expectsContinue = false
    private(set) var wantsClose = false

    /// Looks at one field; only names of the right length are compared.
    mutating func take(_ bytes: [UInt8], name: Range<Int>, value: Range<Int>) throws(HTTPParseError) {
        switch name.count {
        case 4 where ASCII.equalsIgnoringCase(bytes, name, "host"):
            hosts += 1
            guard value.isEmpty || Self.isAuthority(bytes, value) else {
                throw .malformed("The Host is not valid.")
            }
        case 6 where ASCII.equalsIgnoringCase(bytes, name, "expect"):
            expectsContinue = ASCII.equalsIgnoringCase(bytes, value, "100-continue")
            expectsOther = expectsOther || !expectsContinue
        case 10 where ASCII.equalsIgnoringCase(bytes, name, "connection"):
            takeConnection(bytes, value)
        case 14 where ASCII.equalsIgnoringCase(bytes, name, "content-length"):
            guard contentLength == nil else { throw .malformed("Content-Length is given twice.") }
            contentLength = try Self.length(bytes, value)
        case 17 where ASCII.equalsIgnoringCase(bytes, name, "transfer-encoding"):
            guard !isChunked else { throw .malformed("Transfer-Encoding is given twice.") }
            try takeTransferEncoding(bytes, value)
        default: break
        }
    }

    /// The framing once every field has been seen.
    func decide(isVersion11: Bool) throws(HTTPParseError) -> BodyFraming {
        guard hosts == 1 || (hosts == 0 && !isVersion11) else {
            throw .malformed("HTTP/1.1 needs exactly one Host.")
        }
        guard !expectsOther || !isVersion11 else { throw .expectationNotSupported }
        if isChunked {
            guard contentLength == nil else {
                throw .malformed("Content-Length and Transfer-Encoding exclude each other.")
            }
            guard isVersion11 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding.") }
            return .chunked
        }
        guard let contentLength, contentLength > 0 else { return .none }
        return .length(contentLength)
    }

    /// RFC 9112 §6.1: a coding before `chunked` is one that we do not know; anything last but `chunked`
    /// leaves the length in doubt.
    private mutating func takeTransferEncoding(_ bytes: [UInt8], _ value: Range<Int>) throws(HTTPParseError) {
        if ASCII.equalsIgnoringCase(bytes, value, "chunked") {
            isChunked = true
            return
        }
        let codings = bytes[value].split(separator: ASCII.comma, omittingEmptySubsequences: false).map {
            ASCII.trimmed(bytes, $0.startIndex..<$0.endIndex)
        }
        let isChunkedCoding = codings.map { ASCII.equalsIgnoringCase(bytes, $0, "chunked") }
        guard isChunkedCoding.last == true, isChunkedCoding.filter({ $0 }).count == 1,
            codings.allSatisfy({ !$0.isEmpty })
        else { throw .malformed("Transfer-Encoding must be chunked.") }
        throw .transferCodingNotSupported
    }

    private mutating func takeConnection(_ bytes: [UInt8], _ value: Range<Int>) {
        for option in bytes[value].split(separator: ASCII.comma) {
            let range = ASCII.trimmed(bytes, option.startIndex..<option.endIndex)
            if ASCII.equalsIgnoringCase(bytes, range, "close") { wantsClose = true }
        }
    }

    /// Digits only: no sign, no list, no more than `Int` holds.
    private static func length(_ bytes: [UInt8], _ value: Range<Int>) throws(HTTPParseError) -> Int {
        var length = 0
        for byte in bytes[value] {
            guard (0x30...0x39).contains(byte) else { throw .malformed("Content-Length must be digits.") }
            let (tenfold, overflowed) = length.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tenfold.addingReportingOverflow(Int(byte) - 0x30)
            guard !overflowed, !carried else { throw .malformed("Content-Length is too large.") }
            length = sum
        }
        guard !value.isEmpty else { throw .malformed("Content-Length must be digits.") }
        return length
    }

    /// `host [":" port]` of RFC 3986 §3.2 without user information.
    static func isAuthority(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        bytes[range].allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"),
                UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
                UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
                true
            default: false
            }
        }
    }
}
