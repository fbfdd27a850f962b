import Glibc

/// Takes the text behind DATA (RFC 5321 §4.1.1.4): undoes dot-stuffing and finds the end of the message.
///
/// Only CRLF.CRLF ends it. Every other mix of CR, LF, NUL and dots is content, and makes the message a
/// violation; the decoder then drops what it holds and goes on to the real end, so that the session can
/// answer there and what follows is never taken for commands. It stops at the end and leaves what was
/// pipelined behind it.
package struct DataDecoder: Sendable {
    private enum State {
        /// Behind CRLF, or at the very beginning: the CRLF of the DATA line counts.
        case lineStart
        case inLine
        /// The byte before was a carriage return inside a line.
        case carriageReturn
        /// A dot at the beginning of a line; it will not be part of the message.
        case dot
        case dotCarriageReturn
        case complete
    }

    private let maxMessageBytes: Int
    private var state = State.lineStart
    private var rules: LineRules
    private var content: [UInt8] = []
    /// The first thing found to be wrong; final once it is set.
    package private(set) var violation: ContentViolation?

    /// - Parameters:
    ///   - maxMessageBytes: counted without the dots that were stuffed (RFC 1870 §6.3 counts the same way).
    ///   - maxLineBytes: without CRLF.
    ///   - expectedBytes: what `SIZE=` announced; reserved at once, at most 1 MiB, because anyone may
    ///     announce.
    package init(
        maxMessageBytes: Int, maxLineBytes: Int = SMTPLimits.maxTextLineBytes, expectedBytes: Int = 0
    ) {
        self.maxMessageBytes = maxMessageBytes
        rules = LineRules(maxLineBytes: maxLineBytes)
        content.reserveCapacity(min(max(expectedBytes, 0), maxMessageBytes, 1 << 20))
    }

    package var isComplete: Bool { state == .complete }

    /// The decoded message, CRLF at its end unless it is empty; nothing before the end or after a violation.
    package mutating func takeMessage() -> [UInt8] {
        guard isComplete, violation == nil else { return [] }
        defer { content = [] }
        return content
    }

    /// Decodes from the front of `bytes` and answers how many of them were used: all, unless the message
    /// ended.
    package mutating func decode(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.withUnsafeBytes { decode($0) }
    }

    package mutating func decode(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress, !isComplete else { return 0 }
        var index = 0
        // What is content and not yet kept: one run reaches over as many lines as do not begin with a dot.
        var runStart = 0
        while index < bytes.count {
            switch state {
            case .lineStart:
                if bytes[index] == .dot {
                    keep(bytes[runStart..<index])
                    index += 1
                    runStart = index
                    state = .dot
                } else {
                    state = .inLine
                }
            case .inLine:
                guard let found = memchr(base + index, Int32(UInt8.lineFeed), bytes.count - index) else {
                    state = bytes[bytes.count - 1] == .carriageReturn ? .carriageReturn : .inLine
                    index = bytes.count
                    break
                }
                let lineFeed = UnsafeRawPointer(found) - base
                let isLineEnd = lineFeed > index && bytes[lineFeed - 1] == .carriageReturn
                index = lineFeed + 1
                state = isLineEnd ? .lineStart : .inLine
            case .carriageReturn:
                if bytes[index] == .lineFeed {
                    index += 1
                    state = .lineStart
                } else {
                    state = .inLine
                }
            case .dot:
                if bytes[index] == .carriageReturn {
                    index += 1
                    state = .dotCarriageReturn
                } else {
                    state = .inLine
                }
            case .dotCarriageReturn:
                if bytes[index] == .lineFeed {
                    finish()
                    return index + 1
                }
                violate(.bareCarriageReturn)
                state = .inLine
            case .complete:
                return index
            }
        }
        // A dot and a CR behind it are held back: they are content only if the end does not follow.
        if state == .dotCarriageReturn { runStart = bytes.count }
        keep(bytes[min(runStart, bytes.count)...])
        return bytes.count
    }

    private mutating func keep(_ run: Slice<UnsafeRawBufferPointer>) {
        guard violation == nil, !run.isEmpty else { return }
        let piece = UnsafeRawBufferPointer(rebasing: run)
        if let found = rules.check(piece) {
            violate(found)
        } else if piece.count > maxMessageBytes - content.count {
            violate(.tooLarge)
        } else {
            content.append(contentsOf: piece)
        }
    }

    private mutating func finish() {
        state = .complete
        if violation == nil, let found = rules.checkEnd() { violate(found) }
    }

    private mutating func violate(_ found: ContentViolation) {
        if violation == nil { violation = found }
        content = []
    }
}
