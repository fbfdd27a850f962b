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
    private var lines: [ArraySlice<UInt8>] = []
    private var byteCount = 0

    package init() {}

    /// Reads as much of `input` as belongs to the current reply, and no byte behind it.
    package mutating func parse(_ input: ArraySlice<UInt8>) -> (step: Step, consumed: Int) {
        var rest = input
        while let lineFeed = rest.prefix(SMTPLimits.maxReceivedReplyLineBytes + 1).firstIndex(of: .lineFeed) {
            var line = rest[..<lineFeed]
            rest = rest[(lineFeed + 1)...]
            if line.last == .carriageReturn { line.removeLast() }
            let step = read(line)
            if step != .needMore { return (step, input.count - rest.count) }
        }
        guard rest.count <= SMTPLimits.maxReceivedReplyLineBytes else {
            return (.malformed(.lineTooLong), input.count - rest.count)
        }
        return (.needMore, input.count - rest.count)
    }

    private mutating func read(_ line: ArraySlice<UInt8>) -> Step {
        guard let lineCode = line.prefix(3).decimalNumber, line.prefix(3).count == 3,
            (200...599).contains(lineCode)
        else { return .malformed(.notAReply) }
        let separator = line.dropFirst(3).first ?? .space
        guard separator == .space || separator == .hyphen else { return .malformed(.notAReply) }
        guard code == nil || code == lineCode else { return .malformed(.mixedCodes) }
        if code == nil, separator == .space { return .reply(Self.reply(code: lineCode, [line.dropFirst(4)])) }
        code = lineCode
        byteCount += line.count
        lines.append(Array(line.dropFirst(4))[...])
        guard lines.count <= SMTPLimits.maxReceivedReplyLines else { return .malformed(.tooManyLines) }
        guard byteCount <= SMTPLimits.maxReceivedReplyBytes else { return .malformed(.replyTooLong) }
        guard separator == .space else { return .needMore }
        defer { self = SMTPReplyParser() }
        return .reply(Self.reply(code: lineCode, lines))
    }

    private static func reply(code: Int, _ lines: [ArraySlice<UInt8>]) -> SMTPReply {
        let status = lines.first.flatMap(Self.status)
        let matching = status.flatMap { $0.statusClass == code / 100 ? $0 : nil }
        let text = lines.map { line in
            let drop = matching != nil && Self.status(line) == matching ? Self.wordLength(line) : 0
            return Self.printable(line.dropFirst(drop).trimmingBlanks())
        }
        return SMTPReply(code, matching, lines: text)
    }

    private static func wordLength(_ line: ArraySlice<UInt8>) -> Int {
        (line.firstIndex(of: .space) ?? line.endIndex) - line.startIndex
    }

    private static func status(_ line: ArraySlice<UInt8>) -> EnhancedStatusCode? {
        EnhancedStatusCode(bytes: line.prefix(wordLength(line)))
    }

    private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        let isPrintable = !bytes.contains { $0 < .space || $0 == 0x7F }
        if isPrintable { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.map { $0 < .space || $0 == 0x7F ? 0x3F : $0 }, as: UTF8.self)
    }
}
