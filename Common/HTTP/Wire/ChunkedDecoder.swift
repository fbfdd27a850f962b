import EventLoop

/// Decodes a chunked body (RFC 9112 §7.1). Extensions are skipped, trailers are checked and dropped; both are
/// bounded.
package struct ChunkedDecoder: Sendable {
    private enum State {
        /// Before a chunk's size.
        case size
        /// Inside a chunk: that many bytes are to come, then CRLF.
        case data(Int)
        case dataEnd
        case trailers
        case finished
    }

    /// 16 hexadecimal digits are 64 bits; what does not fit `Int` is refused.
    private static let maxSizeDigits = 16

    private let limits: HTTPLimits
    private var state = State.size
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailerLines = 0

    package init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    package var isFinished: Bool { if case .finished = state { true } else { false } }

    /// Moves what can be decoded from `input` to the end of `body`, and stops there when `body` passes
    /// `maxBytes`.
    ///
    /// - Returns: whether the body has ended. When it has not and `body` is within `maxBytes`, more bytes are
    ///   needed.
    package mutating func decode(
        _ input: inout ByteBuffer, into body: inout [UInt8], maxBytes: Int
    ) throws(HTTPParseError) -> Bool {
        while body.count <= maxBytes {
            switch state {
            case .size: guard try takeSize(&input) else { return false }
            case .data(let left):
                guard !input.isEmpty else { return false }
                let count = min(left, input.count)
                body.append(contentsOf: input.prefix(count))
                input.consume(count)
                state = left == count ? .dataEnd : .data(left - count)
            case .dataEnd:
                guard input.isEmpty || input[0] == ASCII.carriageReturn,
                    input.count < 2 || input[1] == ASCII.lineFeed
                else { throw .malformed("A chunk does not end with CRLF.") }
                guard input.count >= 2 else { return false }
                input.consume(2)
                state = .size
            case .trailers: guard try takeTrailer(&input) else { return false }
            case .finished: return true
            }
        }
        return false
    }

    private mutating func takeSize(_ input: inout ByteBuffer) throws(HTTPParseError) -> Bool {
        guard
            let line = try takeLine(
                &input, maxBytes: Self.maxSizeDigits + limits.maxChunkExtensionBytes - extensionBytes)
        else { return false }
        var size = 0
        var digits = 0
        while digits < line.count, let value = ASCII.hexValue(line[digits]) {
            guard digits < Self.maxSizeDigits, size <= Int.max >> 4 else {
                throw .malformed("A chunk size is too large.")
            }
            size = size << 4 | Int(value)
            digits += 1
        }
        guard digits > 0 else { throw .malformed("A chunk size must be hexadecimal.") }
        let rest = ASCII.trimmed(line, digits..<line.count)
        guard rest.isEmpty ? digits == line.count : line[rest.lowerBound] == ASCII.semicolon,
            line.allSatisfy(ASCII.isFieldValue)
        else { throw .malformed("A chunk size line is malformed.") }
        extensionBytes += line.count - digits
        guard extensionBytes <= limits.maxChunkExtensionBytes else {
            throw .malformed("The chunk extensions are too long.")
        }
        state = size == 0 ? .trailers : .data(size)
        return true
    }

    private mutating func takeTrailer(_ input: inout ByteBuffer) throws(HTTPParseError) -> Bool {
        guard let line = try takeLine(&input, maxBytes: limits.maxTrailerBytes - trailerBytes) else {
            return false
        }
        if line.isEmpty {
            state = .finished
            return true
        }
        trailerBytes += line.count + 2
        trailerLines += 1
        guard trailerLines <= limits.maxHeaderLines else { throw .headTooLarge("Too many trailer lines.") }
        let name = line.prefix { ASCII.isToken($0) }
        guard !name.isEmpty, name.count < line.count, line[name.count] == ASCII.colon,
            line.allSatisfy(ASCII.isFieldValue)
        else { throw .malformed("A trailer line is malformed.") }
        return true
    }

    /// One line without its CRLF, or nil when its end has not come.
    private func takeLine(_ input: inout ByteBuffer, maxBytes: Int) throws(HTTPParseError) -> [UInt8]? {
        guard let lineFeed = input.firstIndex(of: ASCII.lineFeed, from: 0) else {
            guard input.count <= maxBytes + 1 else {
                throw .headTooLarge("A chunk or trailer line is too long.")
            }
            return nil
        }
        guard lineFeed > 0, input[lineFeed - 1] == ASCII.carriageReturn else {
            throw .malformed("A line must end with CRLF.")
        }
        guard lineFeed - 1 <= maxBytes else { throw .headTooLarge("A chunk or trailer line is too long.") }
        let line = input.take(lineFeed - 1)
        input.consume(2)
        return line
    }
}
