/// `method SP request-target SP HTTP-version CRLF` (RFC 9112 §3), with single spaces only.
struct RequestLine {
    let method: HTTPMethod
    let target: Range<Int>
    let path: Range<Int>
    let query: Range<Int>
    let authority: Range<Int>?
    let isVersion11: Bool
    let isAsterisk: Bool
    /// Where the first field line begins.
    let end: Int

    private static let maxMethodBytes = 32

    /// - Parameter bytes: a head, whose first line ends with CRLF.
    init(_ bytes: [UInt8], limits: HTTPLimits) throws(HTTPParseError) {
        var index = 0
        while ASCII.isToken(bytes[index]) { index += 1 }
        guard index > 0, index <= Self.maxMethodBytes, bytes[index] == ASCII.space else {
            throw .malformed("The request line must be a method, a target and a version.")
        }
        method = Self.method(bytes[..<index])
        let start = index + 1
        index = start
        while ASCII.isVisible(bytes[index]), bytes[index] != UInt8(ascii: "#") { index += 1 }
        guard index > start, bytes[index] == ASCII.space else {
            throw .malformed("The request target is missing or holds a character that is not allowed.")
        }
        target = start..<index
        guard target.count <= limits.maxTargetBytes else { throw .targetTooLong }
        isVersion11 = try Self.version(bytes, index + 1)
        end = index + 1 + 8 + 2
        (authority, path, query) = try Self.split(bytes, target, method)
        isAsterisk = path.isEmpty && authority == nil
    }

    /// The two usual names without a look at their characters.
    private static func method(_ name: ArraySlice<UInt8>) -> HTTPMethod {
        if name.count == 3, isAt(name, 0, "G"), isAt(name, 1, "E"), isAt(name, 2, "T") { return .get }
        if name.count == 4, isAt(name, 0, "P"), isAt(name, 1, "O"), isAt(name, 2, "S"), isAt(name, 3, "T") {
            return .post
        }
        return HTTPMethod(rawValue: String(decoding: name, as: UTF8.self))
    }

    private static func isAt(_ bytes: ArraySlice<UInt8>, _ index: Int, _ letter: Unicode.Scalar) -> Bool {
        bytes[index] == UInt8(ascii: letter)
    }

    private static func version(_ bytes: [UInt8], _ start: Int) throws(HTTPParseError) -> Bool {
        var end = start
        while bytes[end] != ASCII.carriageReturn { end += 1 }
        let line = bytes[...]
        guard bytes[end + 1] == ASCII.lineFeed, end - start == 8, isAt(line, start, "H"),
            isAt(line, start + 1, "T"),
            isAt(line, start + 2, "T"), isAt(line, start + 3, "P"), isAt(line, start + 4, "/"),
            (0x30...0x39).contains(bytes[start + 5]), bytes[start + 6] == UInt8(ascii: "."),
            (0x30...0x39).contains(bytes[start + 7])
        else { throw .malformed("The HTTP version is malformed.") }
        guard bytes[start + 5] == UInt8(ascii: "1"), bytes[start + 7] <= UInt8(ascii: "1") else {
            throw .versionNotSupported
        }
        return bytes[start + 7] == UInt8(ascii: "1")
    }

    /// Authority, path and query of the target; an empty path for `*` and for an absolute target without one.
    private static func split(
        _ bytes: [UInt8], _ target: Range<Int>, _ method: HTTPMethod
    ) throws(HTTPParseError) -> (Range<Int>?, Range<Int>, Range<Int>) {
        var authority: Range<Int>?
        var start = target.lowerBound
        if bytes[start] != ASCII.slash {
            if bytes[start] == UInt8(ascii: "*"), target.count == 1, method == .options {
                return (nil, start..<start, start..<start)
            }
            let found = try Self.authority(bytes, target)
            authority = found
            start = found.upperBound
        }
        let question =
            bytes[start..<target.upperBound].firstIndex(of: ASCII.questionMark) ?? target.upperBound
        let query = min(question + 1, target.upperBound)..<target.upperBound
        var unused: [UInt8] = []
        guard
            bytes[query].firstIndex(of: ASCII.percent) == nil
                || PercentDecoding.decode(bytes, query, plusIsSpace: true, into: &unused)
        else { throw .malformed("The query holds a percent escape that is not valid.") }
        return (authority, start..<question, query)
    }

    /// The absolute form of RFC 9112 §3.2.2, which every server must take.
    private static func authority(_ bytes: [UInt8], _ target: Range<Int>) throws(HTTPParseError) -> Range<Int>
    {
        for scheme in ["http://", "https://"] where target.count > scheme.utf8.count {
            let start = target.lowerBound + scheme.utf8.count
            guard ASCII.equalsIgnoringCase(bytes, target.lowerBound..<start, scheme) else { continue }
            let end =
                bytes[start..<target.upperBound].firstIndex { $0 == ASCII.slash || $0 == ASCII.questionMark }
                ?? target.upperBound
            guard start < end, FramingReader.isAuthority(bytes, start..<end) else { break }
            return start..<end
        }
        throw .malformed("The request target must be a path or an absolute http URL.")
    }
}
