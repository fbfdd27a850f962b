/// Gathers the chunks of BDAT (RFC 3030) into one message, under the same rules as DATA, without dots.
///
/// The session reads exactly as many bytes as each BDAT announced, refused or not, so it stays in step.
package struct ChunkCollector: Sendable {
    private let maxMessageBytes: Int
    private var rules: LineRules
    private var content: [UInt8] = []
    package private(set) var violation: ContentViolation?

    /// - Parameter maxLineBytes: without CRLF.
    package init(maxMessageBytes: Int, maxLineBytes: Int = SMTPLimits.maxTextLineBytes) {
        self.maxMessageBytes = maxMessageBytes
        rules = LineRules(maxLineBytes: maxLineBytes)
    }

    /// The bytes that were kept.
    package var byteCount: Int { content.count }

    /// Adds some or all of a chunk; after a violation it only drops.
    package mutating func append(_ bytes: ArraySlice<UInt8>) {
        guard violation == nil else { return }
        violation = bytes.withUnsafeBytes { rules.check($0) }
        if violation == nil, bytes.count > maxMessageBytes - content.count { violation = .tooLarge }
        if violation == nil { content.append(contentsOf: bytes) } else { content = [] }
    }

    /// Ends the message after the last chunk. A last line without CRLF gets one, so that every message ends
    /// in CRLF.
    package mutating func takeMessage() throws(ContentViolation) -> [UInt8] {
        violation = violation ?? rules.checkEnd()
        if let violation { throw violation }
        if let last = content.last, last != .lineFeed { content += [.carriageReturn, .lineFeed] }
        defer { content = [] }
        return content
    }
}
