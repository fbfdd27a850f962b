/// Cuts a source into text and tags.
struct TemplateScanner {
    enum Piece {
        case text(String)
        case tag(Tag)
    }

    /// What stands between the braces.
    struct Tag {
        let content: String
        /// Written with three braces.
        let isRaw: Bool
        /// Of its first brace.
        let offset: Int
    }

    private static let open = UInt8(ascii: "{")
    private static let close = UInt8(ascii: "}")

    private let bytes: [UInt8]
    private let limits: TemplateLimits
    private var index = 0

    init(_ bytes: [UInt8], limits: TemplateLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// The next piece, nil at the end.
    mutating func next() throws(TemplateSyntaxError) -> Piece? {
        guard index < bytes.count else { return nil }
        let start = index
        index = bytes.withUnsafeBufferPointer { Self.nextTag(in: $0, from: start) }
        if index > start { return .text(String(decoding: bytes[start..<index], as: UTF8.self)) }
        return .tag(try tag())
    }

    /// The place of a byte, for an error.
    func error(at offset: Int, _ reason: String) -> TemplateSyntaxError {
        let before = bytes.prefix(offset)
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // Bytes that continue a character are none of their own.
        let column = before[lineStart...].count { $0 & 0xC0 != 0x80 }
        return TemplateSyntaxError(
            line: before.count { $0 == 0x0A } + 1, column: column + 1, reason: reason)
    }

    /// Where the next two braces stand; the end when there are none.
    private static func nextTag(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            if bytes[index] == open, index + 1 < bytes.count, bytes[index + 1] == open { return index }
            index += 1
        }
        return index
    }

    private mutating func tag() throws(TemplateSyntaxError) -> Tag {
        let offset = index
        let isRaw = index + 2 < bytes.count && bytes[index + 2] == Self.open
        let braces = isRaw ? 3 : 2
        let start = index + braces
        var end = start
        var isQuoted = false
        while true {
            guard end + braces <= bytes.count else { throw error(at: offset, "a tag is never closed") }
            guard end - start <= limits.maxTagBytes else {
                throw error(at: offset, "a tag is longer than \(limits.maxTagBytes) bytes, or never closed")
            }
            if isQuoted, bytes[end] == UInt8(ascii: "\\") {
                end += 2
                continue
            }
            if bytes[end] == UInt8(ascii: "\"") { isQuoted.toggle() }
            if !isQuoted, bytes[end..<end + braces].allSatisfy({ $0 == Self.close }) { break }
            end += 1
        }
        index = end + braces
        return Tag(
            content: String(decoding: bytes[start..<end], as: UTF8.self), isRaw: isRaw, offset: offset)
    }
}
