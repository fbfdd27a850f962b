import EventLoop

/// Takes requests out of received bytes (RFC 9112), strictly: what two implementations could read differently
/// is refused, because the difference is how requests are smuggled.
///
/// - Lines end with CRLF and nothing else; folded lines, spaces before a colon and control characters are
///   refused.
/// - One `Content-Length` of digits, or one `Transfer-Encoding: chunked`, never both and never twice.
/// - HTTP/1.1 needs exactly one `Host`. HTTP/1.0 is answered and closed.
/// - A head that passes a limit is refused as soon as that is known, before its end has come.
///
/// It is a plain value without I/O: it is asked again whenever more bytes are there and looks at each byte
/// once for the lines and once for their content. After an error the connection has to be closed.
package struct HTTPRequestParser: Sendable {
    private let limits: HTTPLimits
    private var lineStart = 0
    private var scanned = 0
    private var lines = 0
    private var skippedEmptyLine = false
    private var refusedHead: [UInt8] = []

    package init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    /// Takes one complete head out of `input`, or answers nil when more bytes are needed.
    package mutating func next(in input: inout ByteBuffer) throws(HTTPParseError) -> HTTPRequestHead? {
        guard try hasBegun(&input), let count = try headCount(input) else { return nil }
        let bytes = input.take(count)
        (lineStart, scanned, lines, skippedEmptyLine) = (0, 0, 0, false)
        do throws(HTTPParseError) { return try HeadReader(bytes: bytes, limits: limits).read() } catch {
            refusedHead = bytes
            throw error
        }
    }

    /// The path of a head that was refused, as it was written: enough to tell whose it was. Empty when there
    /// is none.
    var refusedPath: String {
        let line = refusedHead.prefix { $0 != ASCII.carriageReturn }
        let words = line.split(separator: ASCII.space, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count > 1 else { return "" }
        return String(decoding: words[1].prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// Skips one empty line (RFC 9112 §2.2) and refuses at once what cannot be a request, such as a TLS
    /// greeting.
    private mutating func hasBegun(_ input: inout ByteBuffer) throws(HTTPParseError) -> Bool {
        guard scanned == 0, !input.isEmpty else { return !input.isEmpty }
        if input[0] == ASCII.carriageReturn, !skippedEmptyLine {
            guard input.count > 1 else { return false }
            guard input[1] == ASCII.lineFeed else { throw .malformed("A line must end with CRLF.") }
            input.consume(2)
            skippedEmptyLine = true
            guard !input.isEmpty else { return false }
        }
        guard ASCII.isToken(input[0]) else { throw .malformed("This is not an HTTP request.") }
        return true
    }

    /// The number of bytes of the head with its empty line, or nil when that has not come.
    private mutating func headCount(_ input: ByteBuffer) throws(HTTPParseError) -> Int? {
        while let lineFeed = input.firstIndex(of: ASCII.lineFeed, from: scanned) {
            guard lineFeed > lineStart, input[lineFeed - 1] == ASCII.carriageReturn else {
                throw .malformed("A line must end with CRLF.")
            }
            let lineBytes = lineFeed - 1 - lineStart
            guard lineBytes > 0 else { return lineFeed + 1 }
            try checkLine(lineBytes)
            lines += 1
            guard lines <= limits.maxHeaderLines + 1 else {
                throw .headTooLarge("More than \(limits.maxHeaderLines) header lines.")
            }
            lineStart = lineFeed + 1
            scanned = lineStart
            try checkHead(lineStart)
        }
        scanned = input.count
        try checkLine(scanned - lineStart - 1)
        try checkHead(scanned)
        return nil
    }

    private func checkLine(_ count: Int) throws(HTTPParseError) {
        guard count > limits.maxLineBytes else { return }
        if lines == 0 { throw .targetTooLong }
        throw .headTooLarge("A header line is longer than \(limits.maxLineBytes) bytes.")
    }

    private func checkHead(_ count: Int) throws(HTTPParseError) {
        guard count > limits.maxHeadBytes else { return }
        throw .headTooLarge("The headers are larger than \(limits.maxHeadBytes) bytes.")
    }
}
