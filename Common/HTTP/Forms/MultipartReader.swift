/// Reads `multipart/form-data` (RFC 7578, RFC 2046 §5.1): parts between delimiter lines, each with a name.
///
/// Lines end with CRLF. The closing delimiter must be there: without it the end of the last file would be a
/// guess.
struct MultipartReader {
    private enum State {
        case preamble
        /// Behind a delimiter: `--` ends the form, CRLF begins a part; spaces may come before either.
        case delimiterEnd(isPadded: Bool)
        case header(PartHeader, bytes: Int)
        case content
        case epilogue
    }

    private static let maxBoundaryBytes = 70
    /// A value that has come this far is believed to be most of the body.
    private static let growsOnTrustFrom = 1024 * 1024

    private let limits: FormLimits
    private let delimiter: DelimiterSearch
    private let expectedBytes: Int
    private var receivedBytes = 0
    private var fields: [FormData.Field] = []
    private var state = State.preamble
    private var header = PartHeader()
    private var content: [UInt8] = []
    /// What has come and cannot be told yet. The first delimiter may stand at the very beginning, without its
    /// CRLF, so one is put there.
    private var window: [UInt8] = [ASCII.carriageReturn, ASCII.lineFeed]
    private var index = 0

    init(boundary: String, expectedBytes: Int?, limits: FormLimits) throws(APIError) {
        let bytes = Array(boundary.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.maxBoundaryBytes,
            bytes.allSatisfy({ ASCII.isVisible($0) || $0 == ASCII.space })
        else { throw FormData.malformed("its boundary is not valid") }
        delimiter = DelimiterSearch(boundary: bytes)
        self.limits = limits
        self.expectedBytes = expectedBytes ?? 0
    }

    mutating func take(_ piece: ArraySlice<UInt8>) throws(APIError) {
        receivedBytes += piece.count
        window.append(contentsOf: piece)
        while try step() {}
        window.removeSubrange(..<index)
        index = 0
    }

    func finish() throws(APIError) -> [FormData.Field] {
        switch state {
        case .epilogue: return fields
        case .preamble: throw FormData.malformed("its boundary does not occur")
        case .content: throw FormData.malformed("its last part does not end")
        case .delimiterEnd: throw FormData.malformed("a boundary line does not end with CRLF")
        case .header:
            throw FormData.malformed("the header of a part does not end with CRLF or is too long")
        }
    }

    /// Goes on by one step; false when more bytes are needed.
    private mutating func step() throws(APIError) -> Bool {
        switch state {
        case .preamble: return takePreamble()
        case .delimiterEnd(let isPadded): return try takeDelimiterEnd(isPadded)
        case .header(var header, let bytes): return try takeHeaderLine(&header, bytes)
        case .content: return try takeContent()
        case .epilogue:
            index = window.count
            return false
        }
    }

    private mutating func takePreamble() -> Bool {
        guard let start = delimiter.first(in: window, from: index) else {
            index = max(index, window.count - delimiter.count + 1)
            return false
        }
        index = start + delimiter.count
        state = .delimiterEnd(isPadded: false)
        return true
    }

    private mutating func takeDelimiterEnd(_ isPadded: Bool) throws(APIError) -> Bool {
        guard index < window.count else { return false }
        if window[index] == ASCII.space || window[index] == ASCII.horizontalTab {
            index += 1
            state = .delimiterEnd(isPadded: true)
            return true
        }
        guard window.count - index >= 2 else { return false }
        let pair = (window[index], window[index + 1])
        index += 2
        if pair == (UInt8(ascii: "-"), UInt8(ascii: "-")), !isPadded {
            state = .epilogue
            return true
        }
        guard pair == (ASCII.carriageReturn, ASCII.lineFeed) else {
            throw FormData.malformed("a boundary line does not end with CRLF")
        }
        guard fields.count < limits.maxFields else { throw FormData.malformed("it has too many parts") }
        state = .header(PartHeader(), bytes: 0)
        return true
    }

    private mutating func takeHeaderLine(_ part: inout PartHeader, _ bytes: Int) throws(APIError) -> Bool {
        let room = limits.maxPartHeaderBytes - bytes
        let end = min(window.count, index + room)
        guard let lineFeed = window[index..<end].firstIndex(of: ASCII.lineFeed) else {
            guard window.count - index < room else { throw Self.badHeader }
            return false
        }
        guard lineFeed > index, window[lineFeed - 1] == ASCII.carriageReturn else { throw Self.badHeader }
        let line = window[index..<lineFeed - 1]
        let taken = bytes + lineFeed + 1 - index
        index = lineFeed + 1
        guard line.isEmpty else {
            try part.take(line)
            state = .header(part, bytes: taken)
            return true
        }
        header = try part.checked(limits)
        content = []
        state = .content
        return true
    }

    private mutating func takeContent() throws(APIError) -> Bool {
        let end = delimiter.first(in: window, from: index)
        // What might be the beginning of a delimiter waits.
        let sure = end ?? max(index, window.count - delimiter.count + 1)
        guard header.filename != nil || content.count + sure - index <= limits.maxValueBytes else {
            throw FormData.malformed("a field is too long")
        }
        // A file may hold any byte, a text none that a database cannot hold.
        guard header.filename != nil || !window[index..<sure].contains(0) else {
            throw FormData.malformed("it holds a NUL")
        }
        makeRoom(sure - index)
        content.append(contentsOf: window[index..<sure])
        index = sure
        guard end != nil else { return false }
        fields.append(
            FormData.Field(
                name: header.name, filename: header.filename, contentType: header.contentType, bytes: content)
        )
        content = []
        index += delimiter.count
        state = .delimiterEnd(isPadded: false)
        return true
    }

    /// A large value gets the room for the rest of the body at once, in place of twice its own again and
    /// again.
    private mutating func makeRoom(_ count: Int) {
        let needed = content.count + count
        guard needed > content.capacity, needed > Self.growsOnTrustFrom else { return }
        content.reserveCapacity(needed + max(0, expectedBytes - receivedBytes))
    }

    private static var badHeader: APIError {
        FormData.malformed("the header of a part does not end with CRLF or is too long")
    }
}
