import Bytes

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
        text.withUnsafeBufferPointer { text in
            var index = 0
            while true {
                index = ByteRun.ofText(text, from: index, to: text.count, except: 0, 0)
                guard index < text.count else { return nil }
                switch text[index] {
                case .lineFeed: return index
                case .carriageReturn:
                    guard index + 1 < text.count, text[index + 1] == .lineFeed else { return index }
                    index += 2
                default: index += 1
                }
            }
        }
    }
}
