/// Finds the end of a command line in what has arrived: CRLF and nothing else ends a line.
package enum LineScanner {
    package enum Result: Hashable, Sendable {
        /// A whole line of `length` bytes; consume `length + 2`.
        case line(length: Int)
        case needMore
        /// No line end within the limit: nothing after this can be understood.
        case tooLong
        /// A line feed without, or a carriage return with no line feed, or NUL: a client that must not go on.
        case bareLineFeed, bareCarriageReturn, nul
    }

    /// Scans for the first line of at most `maxBytes` bytes without CRLF.
    package static func scan(_ bytes: ArraySlice<UInt8>, maxBytes: Int) -> Result {
        bytes.withUnsafeBytes { scan($0, maxBytes: maxBytes) }
    }

    package static func scan(_ bytes: UnsafeRawBufferPointer, maxBytes: Int) -> Result {
        let window = bytes.prefix(maxBytes + 2)
        for (offset, byte) in window.enumerated() where byte <= .carriageReturn {
            switch byte {
            case 0: return .nul
            case .lineFeed: return .bareLineFeed
            case .carriageReturn:
                guard offset + 1 < bytes.count else { return offset > maxBytes ? .tooLong : .needMore }
                guard bytes[offset + 1] == .lineFeed else { return .bareCarriageReturn }
                return offset > maxBytes ? .tooLong : .line(length: offset)
            default: continue
            }
        }
        return bytes.count >= maxBytes + 2 ? .tooLong : .needMore
    }
}
