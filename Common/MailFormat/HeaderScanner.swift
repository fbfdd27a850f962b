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
        var fields: [HeaderField] = []
        var problem: HeaderError?
        var index = bytes.startIndex
        var lineNumber = 0
        // The field that is being read: its name and where its value begins.
        var open: (name: String, start: Int, valueStart: Int)?
        func close(at lineStart: Int) {
            guard let field = open else { return }
            var valueEnd = lineStart
            if valueEnd > field.valueStart, bytes[valueEnd - 1] == .lineFeed { valueEnd -= 1 }
            if valueEnd > field.valueStart, bytes[valueEnd - 1] == .carriageReturn { valueEnd -= 1 }
            fields.append(
                HeaderField(
                    name: field.name, range: field.start..<lineStart, valueRange: field.valueStart..<valueEnd)
            )
            open = nil
        }
        while index < bytes.endIndex {
            let lineStart = index
            let lineFeed = bytes[index...].firstIndex(of: .lineFeed)
            index = lineFeed.map { $0 + 1 } ?? bytes.endIndex
            lineNumber += 1
            var line = bytes[lineStart..<(lineFeed ?? bytes.endIndex)]
            if line.last == .carriageReturn { line.removeLast() }
            if line.isEmpty {
                close(at: lineStart)
                self.init(fields: fields, end: lineStart, bodyStart: index, problem: problem)
                return
            }
            if line.count > HeaderError.maxLineBytes { problem = problem ?? .lineTooLong(line: lineNumber) }
            if line.contains(where: { $0 == 0 || $0 == .carriageReturn }) {
                problem = problem ?? .malformedLine(lineNumber)
            }
            if line.first?.isBlank == true, open != nil {
                // A line of blanks alone would look like the end of the header to some readers.
                if line.allSatisfy(\.isBlank) { problem = problem ?? .malformedLine(lineNumber) }
                continue
            }
            close(at: lineStart)
            guard let colon = line.firstIndex(of: .colon), colon > lineStart,
                line[..<colon].allSatisfy(\.isFieldNameText)
            else {
                self.init(
                    fields: fields, end: lineStart, bodyStart: lineStart,
                    problem: problem ?? .malformedLine(lineNumber))
                return
            }
            guard fields.count < limits.maxFields, index - bytes.startIndex <= limits.maxBytes else {
                let limit: HeaderError = fields.count < limits.maxFields ? .headerTooLarge : .tooManyFields
                self.init(fields: fields, end: lineStart, bodyStart: lineStart, problem: problem ?? limit)
                return
            }
            open = (String(decoding: line[..<colon], as: UTF8.self), lineStart, colon + 1)
        }
        close(at: bytes.endIndex)
        self.init(fields: fields, end: bytes.endIndex, bodyStart: bytes.endIndex, problem: problem)
    }

    private init(fields: [HeaderField], end: Int, bodyStart: Int, problem: HeaderError?) {
        self.fields = fields
        self.end = end
        self.bodyStart = bodyStart
        self.problem = problem
    }

    /// A value without its folding and without blanks around it (RFC 5322 §2.2.3).
    static func unfold(_ value: ArraySlice<UInt8>) -> [UInt8] {
        value.filter { $0 != .carriageReturn && $0 != .lineFeed }[...].trimmingBlanks().map { $0 }
    }
}
