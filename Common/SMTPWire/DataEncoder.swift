import Bytes
import Glibc

/// Makes the text to send behind DATA: dots stuffed (RFC 5321 §4.5.2), `.` CRLF appended.
package enum DataEncoder {
    /// Encodes a message whose lines all end in CRLF. A bare CR or LF is a violation, never something to send
    /// on: the next server may take it for a line end, and the message for two.
    package static func encode(_ message: [UInt8]) throws(ContentViolation) -> [UInt8] {
        try encode(header: [], message)
    }

    /// The same for a message with more header lines to put in front of it, each ended by CRLF; both are
    /// copied once.
    package static func encode(header: [UInt8], _ message: [UInt8]) throws(ContentViolation) -> [UInt8] {
        try check(header: header, message)
        let bytes = header.count + message.count
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes + bytes / 64 + 5)
        header.withUnsafeBytes { append($0, to: &encoded) }
        message.withUnsafeBytes { append($0, to: &encoded) }
        if let last = encoded.last, last != .lineFeed { encoded += [.carriageReturn, .lineFeed] }
        encoded += [.dot, .carriageReturn, .lineFeed]
        return encoded
    }

    /// Throws for what may not be sent, by DATA or by BDAT: a bare CR or LF, or NUL.
    package static func check(header: [UInt8], _ message: [UInt8]) throws(ContentViolation) {
        // Almost always there is nothing to object to, and no need to look for what comes first.
        if header.withUnsafeBufferPointer(ByteRun.areWholeLines),
            message.withUnsafeBufferPointer(ByteRun.areWholeLines)
        {
            return
        }
        var rules = LineRules(maxLineBytes: .max)
        let violation =
            header.withUnsafeBytes { rules.check($0) } ?? message.withUnsafeBytes { rules.check($0) }
        if let violation = violation ?? rules.checkEnd() { throw violation }
        if let last = header.last, last != .lineFeed { throw .bareCarriageReturn }
    }

    /// Jumps from dot to dot rather than from line to line: in most text both are as rare, and in base64
    /// there is none. The bytes begin at the beginning of a line.
    private static func append(_ bytes: UnsafeRawBufferPointer, to encoded: inout [UInt8]) {
        guard let base = bytes.baseAddress else { return }
        var runStart = 0
        var index = 0
        while index < bytes.count, let found = memchr(base + index, Int32(UInt8.dot), bytes.count - index) {
            let dot = UnsafeRawPointer(found) - base
            if dot == 0 || bytes[dot - 1] == .lineFeed {
                encoded.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[runStart..<dot]))
                encoded.append(.dot)
                runStart = dot
            }
            index = dot + 1
        }
        encoded.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[runStart...]))
    }
}
