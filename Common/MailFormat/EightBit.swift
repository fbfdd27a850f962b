/// Bytes that are not ASCII: where a message has them decides which hosts can take it as it is.
package enum EightBit {
    /// What a message asks of the hosts on its way.
    package struct Use: Hashable, Sendable {
        /// The message's own header has such bytes: it needs SMTPUTF8 (RFC 6531).
        package var inHeader = false
        /// The rest has some: it needs 8BITMIME (RFC 6152).
        package var inBody = false
        /// Whether the header is UTF-8, as SMTPUTF8 says of it; true when it is ASCII.
        package var isHeaderUTF8 = true

        package init() {}

        /// Looks through a message whose lines end in CRLF. One with ASCII alone, as most are, is passed in
        /// words of eight bytes.
        package init(of message: [UInt8]) {
            guard let first = EightBit.firstIndex(in: message[...]) else { return }
            let headerEnd = EightBit.headerEnd(of: message)
            inHeader = first < headerEnd
            inBody = !inHeader || EightBit.firstIndex(in: message[headerEnd...]) != nil
            if inHeader { isHeaderUTF8 = String(validating: message[..<headerEnd], as: UTF8.self) != nil }
        }
    }

    /// The index of the first byte that is not ASCII; nil when all are.
    package static func firstIndex(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 32 <= raw.count {
                let words = (0..<4).reduce(UInt64(0)) { bits, word in
                    bits | raw.loadUnaligned(fromByteOffset: offset + word * 8, as: UInt64.self)
                }
                if words & 0x8080_8080_8080_8080 != 0 { break }
                offset += 32
            }
            while offset < raw.count {
                if raw[offset] >= 0x80 { return bytes.startIndex + offset }
                offset += 1
            }
            return nil
        }
    }

    package static func contains(_ bytes: ArraySlice<UInt8>) -> Bool { firstIndex(in: bytes) != nil }

    /// Behind the last field of the header, before the empty line.
    private static func headerEnd(of message: [UInt8]) -> Int {
        let lineEnd: [UInt8] = [.carriageReturn, .lineFeed]
        if message.starts(with: lineEnd) { return 0 }
        var index = 0
        while let lineFeed = message[index...].firstIndex(of: .lineFeed) {
            index = lineFeed + 1
            if message[index...].starts(with: lineEnd) { return index }
        }
        return message.count
    }
}
