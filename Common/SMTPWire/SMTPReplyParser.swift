import Glibc

/// Reads replies out of what a server sends, however it is cut into pieces.
///
/// Give it the unconsumed input; it says how many bytes to consume and what they meant. Servers that end a
/// line with LF alone are understood, because a reply is the last thing between the final dot and
/// "delivered". Text that is not UTF-8 or not printable is made so. After `.malformed` the connection is of
/// no more use.
package struct SMTPReplyParser: Sendable {
    package enum Step: Hashable, Sendable {
        /// The reply is not complete: consume, read more, call again with what follows.
        case needMore
        case reply(SMTPReply)
        case malformed(Malformation)
    }

    package enum Malformation: Error, Hashable, Sendable {
        /// A line does not begin with three digits, 200–599, and a space or hyphen.
        case notAReply
        /// The lines of one reply bear different codes.
        case mixedCodes
        case lineTooLong
        case tooManyLines
        case replyTooLong
    }

    private var code: Int?
    /// Of a reply that is not complete.
    private var lines: [[UInt8]] = []
    private var byteCount = 0

    package init() {}

    /// Reads as much of `input` as belongs to the current reply, and no byte behind it.
    package mutating func parse(_ input: ArraySlice<UInt8>) -> (step: Step, consumed: Int) {
        input.withUnsafeBytes { parse($0) }
    }

    /// The same for bytes that lie in a buffer.
    package mutating func parse(_ input: UnsafeRawBufferPointer) -> (step: Step, consumed: Int) {
        var start = 0
        while let lineFeed = Self.lineFeed(in: input, from: start) {
            let end = lineFeed > start && input[lineFeed - 1] == .carriageReturn ? lineFeed - 1 : lineFeed
            let step = read(UnsafeRawBufferPointer(rebasing: input[start..<end]))
            start = lineFeed + 1
            if case .needMore = step { continue }
            return (step, start)
        }
        guard input.count - start <= SMTPLimits.maxReceivedReplyLineBytes else {
            return (.malformed(.lineTooLong), start)
        }
        return (.needMore, start)
    }

    private static func lineFeed(in input: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = input.baseAddress, start < input.count else { return nil }
        let most = min(input.count - start, SMTPLimits.maxReceivedReplyLineBytes + 1)
        return memchr(base + start, Int32(UInt8.lineFeed), most).map { UnsafeRawPointer($0) - base }
    }

    private mutating func read(_ line: UnsafeRawBufferPointer) -> Step {
        guard let lineCode = Self.code(of: line) else { return .malformed(.notAReply) }
        let separator = line.count > 3 ? line[3] : .space
        guard separator == .space || separator == .hyphen else { return .malformed(.notAReply) }
        guard code == nil || code == lineCode else { return .malformed(.mixedCodes) }
        let text = UnsafeRawBufferPointer(rebasing: line.dropFirst(4))
        if code == nil, separator == .space { return .reply(Self.reply(code: lineCode, text)) }
        code = lineCode
        byteCount += line.count
        lines.append(Array(text))
        guard lines.count <= SMTPLimits.maxReceivedReplyLines else { return .malformed(.tooManyLines) }
        guard byteCount <= SMTPLimits.maxReceivedReplyBytes else { return .malformed(.replyTooLong) }
        guard separator == .space else { return .needMore }
        defer { self = SMTPReplyParser() }
        return .reply(Self.reply(code: lineCode, lines))
    }

    /// Three digits, 200–599.
    private static func code(of line: UnsafeRawBufferPointer) -> Int? {
        guard line.count >= 3, line[0].isDigit, line[1].isDigit, line[2].isDigit else { return nil }
        let code = Int(line[0] - 0x30) * 100 + Int(line[1] - 0x30) * 10 + Int(line[2] - 0x30)
        return (200...599).contains(code) ? code : nil
    }

    /// A reply of one line.
    private static func reply(code: Int, _ line: UnsafeRawBufferPointer) -> SMTPReply {
        let status = status(line).flatMap { $0.statusClass == code / 100 ? $0 : nil }
        return SMTPReply(code, status, text(of: line, without: status))
    }

    private static func reply(code: Int, _ lines: [[UInt8]]) -> SMTPReply {
        let first = lines.first.flatMap { line in line.withUnsafeBytes { status($0) } }
        let matching = first.flatMap { $0.statusClass == code / 100 ? $0 : nil }
        let texts = lines.map { line in
            line.withUnsafeBytes { line in
                text(of: line, without: matching != nil && status(line) == matching ? matching : nil)
            }
        }
        return SMTPReply(code, matching, lines: texts)
    }

    /// - Parameter status: what the line begins with; nil: nothing that is to be left out.
    private static func text(of line: UnsafeRawBufferPointer, without status: EnhancedStatusCode?) -> String {
        var start = status == nil ? 0 : wordLength(line)
        var end = line.count
        while start < end, line[start] == .space || line[start] == .tab { start += 1 }
        while end > start, line[end - 1] == .space || line[end - 1] == .tab { end -= 1 }
        return printable(UnsafeRawBufferPointer(rebasing: line[start..<end]))
    }

    private static func wordLength(_ line: UnsafeRawBufferPointer) -> Int {
        line.firstIndex(of: .space) ?? line.count
    }

    private static func status(_ line: UnsafeRawBufferPointer) -> EnhancedStatusCode? {
        EnhancedStatusCode(bytes: UnsafeRawBufferPointer(rebasing: line[..<wordLength(line)]))
    }

    private static func printable(_ bytes: UnsafeRawBufferPointer) -> String {
        let isPrintable = !bytes.contains { $0 < .space || $0 == 0x7F }
        if isPrintable { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.map { $0 < .space || $0 == 0x7F ? 0x3F : $0 }, as: UTF8.self)
    }
}
