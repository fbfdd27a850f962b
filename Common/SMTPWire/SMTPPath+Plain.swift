extension SMTPPath {
    /// A mailbox as almost all are, read without looking at anything else that the grammar allows: ASCII, a
    /// local part of atoms, a domain of names in lower case. Nil for all others, well formed or not; what it
    /// reads it reads as the whole parser does.
    init?(plain text: String) {
        let mailbox = text.utf8Span
        guard mailbox.isKnownASCII, mailbox.count + 2 <= SMTPLimits.maxPathBytes else { return nil }
        let bytes = text.utf8.span
        guard let at = Self.endOfPlainLocalPart(bytes), Self.isPlainDomain(bytes, from: at + 1) else {
            return nil
        }
        let mark = text.utf8.index(text.startIndex, offsetBy: at)
        self.init(
            localPart: String(text[..<mark]), domain: String(text[text.utf8.index(after: mark)...]))
    }

    /// Where the at sign stands that ends a local part of atoms.
    private static func endOfPlainLocalPart(_ bytes: Span<UInt8>) -> Int? {
        var previous = UInt8.dot
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == .at {
                return previous != .dot && index <= SMTPLimits.maxLocalPartBytes ? index : nil
            }
            guard byte == .dot ? previous != .dot : byte.isAtomText else { return nil }
            previous = byte
        }
        return nil
    }

    private static func isPlainDomain(_ bytes: Span<UInt8>, from start: Int) -> Bool {
        guard start < bytes.count, bytes.count - start <= SMTPLimits.maxDomainBytes else { return false }
        var labelStart = start
        for index in start..<bytes.count {
            let byte = bytes[index]
            if byte == .dot {
                guard isPlainLabel(bytes, labelStart, index) else { return false }
                labelStart = index + 1
            } else if !(byte.isDigit || byte == .hyphen || byte >= 0x61 && byte <= 0x7A) {
                return false
            }
        }
        return isPlainLabel(bytes, labelStart, bytes.count)
    }

    private static func isPlainLabel(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        end > start && end - start <= 63 && bytes[start] != .hyphen && bytes[end - 1] != .hyphen
    }
}
