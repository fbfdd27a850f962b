/// Reads a message into its parts (RFC 2045, RFC 2046) in one pass over its lines.
///
/// All multiparts that are open stand on a stack; a line is compared with each of their boundaries, so the
/// time is linear in the size however deep the parts are nested. A message inside a message stays one part,
/// unread.
package enum MIMEParser {
    package static let maxDepth = 32
    package static let maxParts = 1_000
    /// RFC 2046 §5.1.1 has 70; some writers make longer ones.
    static let maxBoundaryBytes = 200

    package static func parse(_ message: [UInt8]) -> ParsedMessage {
        var run = MIMEParserRun(message)
        run.read()
        return ParsedMessage(bytes: message, parts: run.parts, isTruncated: run.isTruncated)
    }
}

/// The state of one pass.
private struct MIMEParserRun {
    private struct Open {
        let part: Int
        let boundary: [UInt8]
    }

    private let bytes: [UInt8]
    private(set) var parts: [MIMEPart] = []
    private(set) var isTruncated = false
    private var open: [Open] = []
    /// The part whose body is being passed; nil behind the last delimiter of a multipart.
    private var current: Int?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() {
        var index = beginPart(at: startOfHeader, in: nil)
        while index < bytes.count {
            let lineStart = index
            let lineFeed = bytes[index...].firstIndex(of: .lineFeed)
            index = lineFeed.map { $0 + 1 } ?? bytes.count
            guard !open.isEmpty, index - lineStart > 2, bytes[lineStart] == .hyphen,
                bytes[lineStart + 1] == .hyphen,
                let (level, isClose) = delimiter(bytes[lineStart..<index])
            else { continue }
            endParts(downTo: level, at: lineStart)
            current = nil
            if isClose {
                close(open.removeLast().part, at: index)
            } else {
                guard parts.count < MIMEParser.maxParts else {
                    isTruncated = true
                    break
                }
                index = beginPart(at: index, in: open[level].part)
            }
        }
        endParts(downTo: 0, at: bytes.count)
        if let root = parts.indices.first {
            parts[root].bodyRange = parts[root].bodyRange.lowerBound..<bytes.count
        }
    }

    /// Behind the `From ` line that mailbox files put before a message.
    private var startOfHeader: Int {
        guard bytes.starts(with: "From ".utf8), let lineFeed = bytes.firstIndex(of: .lineFeed) else {
            return 0
        }
        return lineFeed + 1
    }

    /// Reads the header of a part and answers where its body begins.
    private mutating func beginPart(at start: Int, in parent: Int?) -> Int {
        let scanner = HeaderScanner(bytes[start...])
        let isDigestPart = parent.map { parts[$0].contentType.value == "multipart/digest" } ?? false
        let depth = parent.map { parts[$0].depth + 1 } ?? 0
        let part = MIMEPart(scanner: scanner, bytes: bytes, depth: depth, isDigestPart: isDigestPart)
        let number = parts.count
        parts.append(part)
        if let parent { parts[parent].children.append(number) }
        current = number
        if part.isMultipart, let boundary = part.contentType["boundary"], !boundary.isEmpty,
            boundary.utf8.count <= MIMEParser.maxBoundaryBytes
        {
            if depth < MIMEParser.maxDepth {
                open.append(Open(part: number, boundary: Array(boundary.utf8)))
            } else {
                isTruncated = true
            }
        }
        return scanner.bodyStart
    }

    /// Which open multipart a line belongs to, the innermost first; blanks at its end do not count.
    private func delimiter(_ line: ArraySlice<UInt8>) -> (level: Int, isClose: Bool)? {
        var end = line.endIndex
        while end > line.startIndex, bytes[end - 1].isBlank || bytes[end - 1] < .space { end -= 1 }
        let text = bytes[(line.startIndex + 2)..<max(end, line.startIndex + 2)]
        guard text.count <= MIMEParser.maxBoundaryBytes + 2 else { return nil }
        for level in open.indices.reversed() {
            let boundary = open[level].boundary
            guard text.count == boundary.count || text.count == boundary.count + 2,
                text.starts(with: boundary)
            else {
                continue
            }
            if text.count == boundary.count { return (level, false) }
            if text.suffix(2) == [.hyphen, .hyphen] { return (level, true) }
        }
        return nil
    }

    /// Ends the body of the part that is being read, and of every multipart above `level`. The line end
    /// before a delimiter belongs to the delimiter.
    private mutating func endParts(downTo level: Int, at lineStart: Int) {
        var end = lineStart
        if end > 0, lineStart < bytes.count, bytes[end - 1] == .lineFeed { end -= 1 }
        if end > 0, end < lineStart, bytes[end - 1] == .carriageReturn { end -= 1 }
        if let current { close(current, at: end) }
        while open.count > level + 1 { close(open.removeLast().part, at: end) }
    }

    private mutating func close(_ part: Int, at end: Int) {
        let start = parts[part].bodyRange.lowerBound
        parts[part].bodyRange = start..<max(start, end)
    }
}
