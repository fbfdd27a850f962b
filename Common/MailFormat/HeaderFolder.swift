/// Folds header values (RFC 5322 §2.2.3). Folding never changes a value: a line breaks before a space that is
/// already there, and no line is blank.
enum HeaderFolder {
    static let wantedLineBytes = 78

    /// Appends `name: value` with CRLF at the end. False when a word is too long for a line; what was
    /// appended by then is no field.
    static func fold(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
    ) -> Bool {
        var index = value.firstIndex { !$0.isBlank } ?? value.count
        let end = (value.lastIndex { !$0.isBlank } ?? -1) + 1
        output.append(contentsOf: name)
        output.append(.colon)
        var column = name.count + 1
        if index < end, column + 1 + end - index <= wantedLineBytes {
            output.append(.space)
            output.append(contentsOf: UnsafeBufferPointer(rebasing: value[index..<end]))
            index = end
        }
        var isFirst = true
        while index < end {
            let start = index
            while index < end, value[index].isBlank { index += 1 }
            while index < end, !value[index].isBlank { index += 1 }
            let width = index - start + (isFirst ? 1 : 0)
            let limit = isFirst ? HeaderError.maxLineBytes : wantedLineBytes
            if column + width > limit {
                output.append(.carriageReturn)
                output.append(.lineFeed)
                column = 0
            }
            if isFirst { output.append(.space) }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: value[start..<index]))
            column += width
            isFirst = false
            guard column <= HeaderError.maxLineBytes else { return false }
        }
        output.append(.carriageReturn)
        output.append(.lineFeed)
        return true
    }
}
