import Bytes

/// Splits the header of a message, or of a part of one, into fields.
struct HeaderScanner {
    let fields: [HeaderField]
    /// Where the fields end: at the empty line, at the end of the bytes, or at the first line that is no
    /// field.
    let end: Int
    /// The first byte behind the empty line.
    let bodyStart: Int
    /// What was wrong first; the scan goes on where it can.
    let problem: HeaderError?

    struct Limits {
        var maxBytes = 262_144
        var maxFields = 2_000
    }

    /// Lines end in CRLF; LF alone is read as well, because the bytes may come from a file. Linear.
    init(_ bytes: ArraySlice<UInt8>, limits: Limits = Limits()) {
        let start = bytes.startIndex
        self = bytes.withUnsafeBufferPointer { HeaderScanner($0, startingAt: start, limits) }
    }

    /// - Parameter base: the index of the first byte, in which places are told.
    private init(_ bytes: UnsafeBufferPointer<UInt8>, startingAt base: Int, _ limits: Limits) {
        var fields: [HeaderField] = []
        var problem: HeaderError?
        var index = 0
        var lineNumber = 0
        // The field that is being read: its name and where its value begins and, so far, ends.
        var open: (name: UnsafeBufferPointer<UInt8>, start: Int, value: Range<Int>)?
        func close(at lineStart: Int) {
            guard let field = open else { return }
            fields.append(
                HeaderField(
                    name: String(decoding: field.name, as: UTF8.self), standard: StandardField(field.name),
                    range: base + field.start..<base + lineStart,
                    valueRange: base + field.value.lowerBound..<base + field.value.upperBound))
            open = nil
        }
        func ends(at end: Int, body: Int, _ last: HeaderError? = nil) -> HeaderScanner {
            HeaderScanner(fields: fields, end: base + end, bodyStart: base + body, problem: problem ?? last)
        }
        while index < bytes.count {
            let lineStart = index
            let line = Line(bytes, from: lineStart)
            index = line.next
            lineNumber += 1
            guard line.end > lineStart else {
                close(at: lineStart)
                self = ends(at: lineStart, body: index)
                return
            }
            if line.end - lineStart > HeaderError.maxLineBytes {
                problem = problem ?? .lineTooLong(line: lineNumber)
            }
            if line.isMalformed { problem = problem ?? .malformedLine(lineNumber) }
            if bytes[lineStart].isBlank, let field = open {
                // A line of blanks alone would look like the end of the header to some readers.
                if bytes[lineStart..<line.end].allSatisfy(\.isBlank) {
                    problem = problem ?? .malformedLine(lineNumber)
                }
                open?.value = field.value.lowerBound..<line.end
                continue
            }
            close(at: lineStart)
            guard let colon = bytes[lineStart..<line.end].firstIndex(where: { !$0.isFieldNameText }),
                colon > lineStart, bytes[colon] == .colon
            else {
                self = ends(at: lineStart, body: lineStart, .malformedLine(lineNumber))
                return
            }
            guard fields.count < limits.maxFields, index <= limits.maxBytes else {
                let limit: HeaderError = fields.count < limits.maxFields ? .headerTooLarge : .tooManyFields
                self = ends(at: lineStart, body: lineStart, limit)
                return
            }
            open = (
                UnsafeBufferPointer(rebasing: bytes[lineStart..<colon]), lineStart, colon + 1..<line.end
            )
        }
        close(at: bytes.count)
        self = ends(at: bytes.count, body: bytes.count)
    }

    /// One line of a header.
    private struct Line {
        /// Where its text ends.
        private(set) var end: Int
        /// Behind its line end.
        private(set) var next: Int
        /// Whether it has a NUL, or a CR that ends nothing.
        private(set) var isMalformed = false

        init(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
            (end, next) = (bytes.count, bytes.count)
            var index = start
            while true {
                index = ByteRun.ofText(bytes, from: index, to: bytes.count, except: 0, 0)
                guard index < bytes.count, bytes[index] != .lineFeed else { break }
                if bytes[index] == 0 { isMalformed = true }
                if bytes[index] == .carriageReturn {
                    guard index + 1 == bytes.count || bytes[index + 1] == .lineFeed else {
                        isMalformed = true
                        index += 1
                        continue
                    }
                    end = index
                }
                index += 1
            }
            guard index < bytes.count else { return }
            end = min(end, index)
            next = index + 1
        }
    }

    private init(fields: [HeaderField], end: Int, bodyStart: Int, problem: HeaderError?) {
        self.fields = fields
        self.end = end
        self.bodyStart = bodyStart
        self.problem = problem
    }

    /// A value without its folding and without blanks around it (RFC 5322 §2.2.3).
    static func unfold(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isFolded = value.contains { $0 == .carriageReturn || $0 == .lineFeed }
        guard isFolded else { return value.trimmingBlanks() }
        return value.filter { $0 != .carriageReturn && $0 != .lineFeed }[...].trimmingBlanks()
    }
}
