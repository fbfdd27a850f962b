import Glibc

/// Watches text go by in pieces and reports the first line end that is not CRLF, NUL, or a line that is too
/// long.
package struct LineRules: Sendable {
    private let maxLineBytes: Int
    private var lineBytes = 0
    private var endsInCarriageReturn = false

    /// - Parameter maxLineBytes: without CRLF.
    package init(maxLineBytes: Int) { self.maxLineBytes = maxLineBytes }

    /// Checks the next piece. Linear: each byte is passed at most three times, by `memchr`.
    package mutating func check(_ piece: UnsafeRawBufferPointer) -> ContentViolation? {
        guard let base = piece.baseAddress, !piece.isEmpty else { return nil }
        if memchr(base, 0, piece.count) != nil { return .nul }
        var start = 0
        if endsInCarriageReturn {
            guard piece[0] == .lineFeed else { return .bareCarriageReturn }
            endsInCarriageReturn = false
            lineBytes = 0
            start = 1
        }
        while start < piece.count {
            let rest = piece.count - start
            let found = memchr(base + start, Int32(UInt8.lineFeed), rest)
            let end = found.map { UnsafeRawPointer($0) - base } ?? piece.count
            let carriageReturn = memchr(base + start, Int32(UInt8.carriageReturn), end - start)
            let textEnd = carriageReturn.map { UnsafeRawPointer($0) - base } ?? end
            if carriageReturn != nil, textEnd != end - 1 { return .bareCarriageReturn }
            if carriageReturn == nil, found != nil { return .bareLineFeed }
            lineBytes += textEnd - start
            guard lineBytes <= maxLineBytes else { return .lineTooLong }
            if found != nil { lineBytes = 0 } else { endsInCarriageReturn = carriageReturn != nil }
            start = end + 1
        }
        return nil
    }

    /// Call at the end of the text: a carriage return may have been left alone.
    package func checkEnd() -> ContentViolation? { endsInCarriageReturn ? .bareCarriageReturn : nil }
}
