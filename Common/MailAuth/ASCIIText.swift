/// The letters of RFC 5234 as far as MTA-STS uses them.
enum ASCIIText {
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// A letter or digit, then those and `_`, `-`, `.`: the names of extensions.
    static func isFieldName(_ bytes: some Collection<UInt8>, maxBytes: Int) -> Bool {
        guard let first = bytes.first, isAlphanumeric(first), bytes.count <= maxBytes else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E }
    }
}
