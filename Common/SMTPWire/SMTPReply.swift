/// One reply of an SMTP server: a code, an enhanced status code, and one or more lines of text (RFC 5321
/// §4.2).
package struct SMTPReply: Hashable, Sendable, CustomStringConvertible {
    /// What a line of 512 bytes has room for, whatever its status code.
    private static let maxTextBytes = SMTPLimits.maxReplyLineBytes - "550-5.999.999 \r\n".utf8.count

    /// 200–599.
    package let code: Int
    package let status: EnhancedStatusCode?
    /// Almost every reply has one line, and then no list of them.
    private let firstLine: String
    private let otherLines: [String]

    package init(_ code: Int, _ status: EnhancedStatusCode?, _ text: String) {
        self.code = code
        self.status = status
        firstLine = text
        otherLines = []
    }

    package init(_ code: Int, _ text: String) {
        self.init(code, nil, text)
    }

    package init(_ code: Int, _ status: EnhancedStatusCode? = nil, lines: [String]) {
        self.code = code
        self.status = status
        firstLine = lines.first ?? ""
        otherLines = Array(lines.dropFirst())
    }

    /// Without code, status or CRLF; at least one, maybe empty.
    package var lines: [String] { [firstLine] + otherLines }

    /// 2xx.
    package var isPositive: Bool { code / 100 == 2 }
    /// 3xx.
    package var isIntermediate: Bool { code / 100 == 3 }
    /// 4xx: may pass later.
    package var isTransient: Bool { code / 100 == 4 }
    /// 5xx.
    package var isPermanent: Bool { code / 100 == 5 }

    /// All lines in one, parted by a space.
    package var text: String { otherLines.isEmpty ? firstLine : lines.joined(separator: " ") }

    /// Whether there is one line, of at most so many bytes.
    package func isOneLine(maxBytes: Int) -> Bool { otherLines.isEmpty && firstLine.utf8.count <= maxBytes }

    /// `550 5.1.1 No such user`: one line, for logs and events.
    package var description: String {
        [String(code), status?.description ?? "", text].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The bytes for the wire, CRLF included. Text that is not printable ASCII becomes `?`, so that a value
    /// from outside can neither end the line nor begin a second reply; long lines are continued on further
    /// ones.
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    /// Adds the bytes for the wire.
    package func encode(into output: inout [UInt8]) {
        put(all: firstLine, isLast: otherLines.isEmpty, into: &output)
        for (place, line) in otherLines.enumerated() {
            put(all: line, isLast: place == otherLines.count - 1, into: &output)
        }
    }

    /// Adds a line, or as many as it needs.
    private func put(all line: String, isLast: Bool, into output: inout [UInt8]) {
        var rest = line.utf8[...]
        repeat {
            let piece = rest.prefix(Self.maxTextBytes)
            rest = rest[piece.endIndex...]
            put(piece, isLast: isLast && rest.isEmpty, into: &output)
        } while !rest.isEmpty
    }

    /// Adds one line: code, status, text.
    private func put(_ text: Substring.UTF8View, isLast: Bool, into output: inout [UInt8]) {
        output.append(contentsOf: String(code).utf8)
        output.append(isLast ? .space : .hyphen)
        if let status {
            status.append(to: &output)
            output.append(.space)
        }
        let start = output.count
        output.append(contentsOf: text)
        for place in start..<output.count where !output[place].isPrintable { output[place] = 0x3F }
        output.append(.carriageReturn)
        output.append(.lineFeed)
    }
}
