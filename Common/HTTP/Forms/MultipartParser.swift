/// Reads `multipart/form-data` (RFC 7578, RFC 2046 §5.1): parts between delimiter lines, each with a name.
///
/// Lines end with CRLF. The closing delimiter must be there: without it the end of the last file would be a
/// guess. The parts are slices of the body, so files are not copied.
struct MultipartParser {
    private static let maxBoundaryBytes = 70

    private let body: [UInt8]
    private let limits: FormLimits
    /// CRLF, two hyphens and the boundary.
    private let delimiter: [UInt8]
    /// How far a search may move on when the last byte looked at is this one (Horspool).
    private let skips: [Int]
    private var index = 0

    init(body: [UInt8], boundary: String, limits: FormLimits) throws(APIError) {
        let bytes = Array(boundary.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.maxBoundaryBytes,
            bytes.allSatisfy({ ASCII.isVisible($0) || $0 == ASCII.space })
        else { throw FormData.malformed("its boundary is not valid") }
        self.body = body
        self.limits = limits
        let delimiter = Array("\r\n--".utf8) + bytes
        var skips = [Int](repeating: delimiter.count, count: 256)
        for (offset, byte) in delimiter.dropLast().enumerated() {
            skips[Int(byte)] = delimiter.count - 1 - offset
        }
        self.delimiter = delimiter
        self.skips = skips
    }

    mutating func parse() throws(APIError) -> [FormData.Field] {
        var fields: [FormData.Field] = []
        try skipPreamble()
        while try !takeDelimiterEnd() {
            guard fields.count < limits.maxFields else { throw FormData.malformed("it has too many parts") }
            let header = try takeHeader()
            let start = index
            guard let end = nextDelimiter(from: start) else {
                throw FormData.malformed("its last part does not end")
            }
            index = end + delimiter.count
            guard header.filename != nil || end - start <= limits.maxValueBytes else {
                throw FormData.malformed("a field is too long")
            }
            fields.append(
                FormData.Field(
                    name: header.name, filename: header.filename, contentType: header.contentType,
                    bytes: body[start..<end]))
        }
        return fields
    }

    /// The first delimiter may stand at the very beginning, without its CRLF.
    private mutating func skipPreamble() throws(APIError) {
        if body.starts(with: delimiter.dropFirst(2)) {
            index = delimiter.count - 2
            return
        }
        guard let start = nextDelimiter(from: 0) else {
            throw FormData.malformed("its boundary does not occur")
        }
        index = start + delimiter.count
    }

    /// What stands behind a delimiter: `--` ends the form, CRLF begins a part; spaces may come before either.
    private mutating func takeDelimiterEnd() throws(APIError) -> Bool {
        if has("--", at: index) { return true }
        while index < body.count, body[index] == ASCII.space || body[index] == ASCII.horizontalTab {
            index += 1
        }
        guard has("\r\n", at: index) else {
            throw FormData.malformed("a boundary line does not end with CRLF")
        }
        index += 2
        return false
    }

    private func has(_ text: StaticString, at start: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        return body.count - start >= count && body[start..<start + count].elementsEqual("\(text)".utf8)
    }

    private func nextDelimiter(from start: Int) -> Int? {
        let last = delimiter.count - 1
        var position = start
        while position + last < body.count {
            let byte = body[position + last]
            if byte == delimiter[last], body[position..<position + last].elementsEqual(delimiter[..<last]) {
                return position
            }
            position += skips[Int(byte)]
        }
        return nil
    }

    // MARK: Part headers

    private mutating func takeHeader() throws(APIError) -> PartHeader {
        var header = PartHeader()
        let end = min(body.count, index + limits.maxPartHeaderBytes)
        while true {
            guard let lineFeed = body[index..<end].firstIndex(of: ASCII.lineFeed), lineFeed > index,
                body[lineFeed - 1] == ASCII.carriageReturn
            else { throw FormData.malformed("the header of a part does not end with CRLF or is too long") }
            let line = body[index..<lineFeed - 1]
            index = lineFeed + 1
            if line.isEmpty { return try header.checked(limits) }
            try header.take(line)
        }
    }
}
