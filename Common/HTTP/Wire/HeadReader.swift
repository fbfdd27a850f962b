/// Reads one complete head whose lines are known to end with CRLF, the last one empty.
struct HeadReader {
    let bytes: [UInt8]
    let limits: HTTPLimits

    private var framing = FramingReader()
    private var fields: [HTTPHeaders.Field] = []

    init(bytes: [UInt8], limits: HTTPLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    consuming func read() throws(HTTPParseError) -> HTTPRequestHead {
        let line = try RequestLine(bytes, limits: limits)
        fields.reserveCapacity(8)
        var start = line.end
        while start < bytes.count - 2 { start = try readField(start) }
        let decided = try framing.decide(isVersion11: line.isVersion11)
        return HTTPRequestHead(
            line: line, path: try RequestPath(bytes, line.path),
            headers: HTTPHeaders(bytes: bytes, fields: fields), framing: decided, fields: framing)
    }

    /// Reads the field line at `start` and answers where the next one begins.
    private mutating func readField(_ start: Int) throws(HTTPParseError) -> Int {
        var index = start
        while ASCII.isToken(bytes[index]) { index += 1 }
        guard index > start, bytes[index] == ASCII.colon else {
            throw .malformed("A header line must be a name, a colon and a value.")
        }
        let name = start..<index
        index += 1
        let valueStart = index
        while ASCII.isFieldValue(bytes[index]) { index += 1 }
        guard bytes[index] == ASCII.carriageReturn, bytes[index + 1] == ASCII.lineFeed else {
            throw .malformed("A header value holds a control character.")
        }
        let value = ASCII.trimmed(bytes, valueStart..<index)
        fields.append(HTTPHeaders.Field(name: name, value: value))
        try framing.take(bytes, name: name, value: value)
        return index + 2
    }
}
