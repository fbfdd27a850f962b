/// Line ends of text that did not come by SMTP.
package enum LineEndings {
    /// Turns LF and CR that stand alone into CRLF; the same array when there is nothing to do.
    package static func normalized(_ text: [UInt8]) -> [UInt8] {
        guard let first = firstBare(text) else { return text }
        var output = Array(text[..<first])
        output.reserveCapacity(text.count + text.count / 16 + 2)
        var index = first
        while index < text.count {
            let byte = text[index]
            index += 1
            guard byte == .lineFeed || byte == .carriageReturn else {
                output.append(byte)
                continue
            }
            output += [.carriageReturn, .lineFeed]
            if byte == .carriageReturn, index < text.count, text[index] == .lineFeed { index += 1 }
        }
        return output
    }

    private static func firstBare(_ text: [UInt8]) -> Int? {
        var previous: UInt8 = 0
        for index in text.indices {
            let byte = text[index]
            if byte == .lineFeed, previous != .carriageReturn { return index }
            if previous == .carriageReturn, byte != .lineFeed { return index - 1 }
            previous = byte
        }
        return previous == .carriageReturn ? text.count - 1 : nil
    }
}
