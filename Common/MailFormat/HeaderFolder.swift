/// Folds header values (RFC 5322 §2.2.3). Folding never changes a value: a line breaks before a space that is
/// already there, and no line is blank.
enum HeaderFolder {
    static let wantedLineBytes = 78

    /// `name: value` with CRLF at the end; nil when a word is too long for a line.
    static func fold(name: String, value: [UInt8]) -> [UInt8]? {
        var output = Array(name.utf8) + [.colon]
        var column = output.count
        let value = value[...].trimmingBlanks()
        var index = value.startIndex
        while index < value.endIndex {
            let start = index
            while index < value.endIndex, value[index].isBlank { index += 1 }
            while index < value.endIndex, !value[index].isBlank { index += 1 }
            let isFirst = start == value.startIndex
            let width = index - start + (isFirst ? 1 : 0)
            let limit = isFirst ? HeaderError.maxLineBytes : wantedLineBytes
            if column + width > limit {
                output += [.carriageReturn, .lineFeed]
                column = 0
            }
            if isFirst { output.append(.space) }
            output += value[start..<index]
            column += width
            guard column <= HeaderError.maxLineBytes else { return nil }
        }
        output += [.carriageReturn, .lineFeed]
        return output
    }
}
