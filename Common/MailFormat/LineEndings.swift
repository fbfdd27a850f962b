import Bytes

/// Line ends of text that did not come by SMTP.
package enum LineEndings {
    /// Turns LF and CR that stand alone into CRLF; the same array when there is nothing to do.
    package static func normalized(_ text: [UInt8]) -> [UInt8] {
        guard let first = firstBare(text) else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(text.count + text.count / 16 + 2)
        output += text[..<first]
        text.withUnsafeBufferPointer { appendNormalized($0, from: first, to: &output) }
        return output
    }

    private static func appendNormalized(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, to output: inout [UInt8]
    ) {
        var index = start
        while index < text.count {
            let end = ByteRun.ofText(text, from: index, to: text.count, except: 0, 0)
            output.append(contentsOf: UnsafeBufferPointer(rebasing: text[index..<end]))
            guard end < text.count else { return }
            index = end + 1
            guard text[end] == .lineFeed || text[end] == .carriageReturn else {
                output.append(text[end])
                continue
            }
            output.append(.carriageReturn)
            output.append(.lineFeed)
            if text[end] == .carriageReturn, index < text.count, text[index] == .lineFeed { index += 1 }
        }
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
