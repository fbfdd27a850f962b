/// The words of a reply as the rules compare them: lower case, one space after each, without accents,
/// punctuation, numbers and mail addresses. So one phrase fits `Mailbox_Full`, `mailbox full` and the
/// folded `mailbox\r\n 550-5.2.2 full`, and an address such as `spam@example.com` says nothing.
///
/// Apostrophes vanish (`doesn't` is `doesnt`). Numbers are words without a letter; codes such as `TSS04`
/// stay. Text that is not Latin, Greek or Cyrillic stays as its bytes. Pure, total, one pass; reads at most
/// `maxTextBytes`.
struct ReplyWords: Sendable {
    /// Text that is looked at, in bytes; hosts put links and explanations behind it.
    static let maxTextBytes = 4_096

    private(set) var bytes: [UInt8] = []
    private var wordStart = 0
    private var hasLetter = false
    private var tokenStart = 0
    private var isAddress = false

    init(_ text: some StringProtocol) {
        bytes.reserveCapacity(min(text.utf8.count, Self.maxTextBytes) + 1)
        var lead: UInt8 = 0
        for byte in text.utf8.prefix(Self.maxTextBytes) {
            if lead != 0 {
                take(Self.fold(lead, byte))
                lead = 0
            } else if Self.foldedLeads.contains(byte) {
                lead = byte
            } else {
                take(byte)
            }
        }
        endToken()
    }

    private mutating func take(_ folded: (UInt8, UInt8)) {
        take(folded.0)
        if folded.1 != 0 { take(folded.1) }
    }

    private mutating func take(_ byte: UInt8) {
        switch byte {
        case 0x61...0x7A, 0x80...0xFF: append(byte, isLetter: true)
        case 0x41...0x5A: append(byte | 0x20, isLetter: true)
        case 0x30...0x39: append(byte, isLetter: false)
        case 0x27, 0x60: break  // ' and `
        case 0x40:  // @
            endWord()
            isAddress = true
        case 0...0x20, 0x22, 0x28, 0x29, 0x2C, 0x3B, 0x3C, 0x3E, 0x5B, 0x5D, 0x7F: endToken()
        case 0x3A where isAddress: endToken()
        default: endWord()
        }
    }

    private mutating func append(_ byte: UInt8, isLetter: Bool) {
        bytes.append(byte)
        hasLetter = hasLetter || isLetter
    }

    private mutating func endWord() {
        if hasLetter { bytes.append(0x20) } else { bytes.removeLast(bytes.count - wordStart) }
        wordStart = bytes.count
        hasLetter = false
    }

    private mutating func endToken() {
        endWord()
        if isAddress { bytes.removeLast(bytes.count - tokenStart) }
        wordStart = bytes.count
        tokenStart = bytes.count
        isAddress = false
    }

    // MARK: Letters

    /// First bytes of the two-byte UTF-8 sequences of U+00C0–017F and of Cyrillic.
    private static let foldedLeads: Set<UInt8> = [0xC3, 0xC4, 0xC5, 0xD0, 0xD1]
    private static let latin1 = Array("aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty".utf8)
    private static let latinA = Array("aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll".utf8)
    private static let latinB = Array("lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs".utf8)

    /// Latin letters without their accents, Cyrillic ones in lower case; a byte of 0 is none.
    private static func fold(_ lead: UInt8, _ byte: UInt8) -> (UInt8, UInt8) {
        guard (0x80...0xBF).contains(byte) else { return (lead, byte) }
        let place = Int(byte - 0x80)
        return switch lead {
        case 0xC3: (latin1[place], 0)
        case 0xC4: (latinA[place], 0)
        case 0xC5: (latinB[place], 0)
        case 0xD0 where byte == 0x81, 0xD1 where byte == 0x91: (0xD0, 0xB5)  // ё is written е
        case 0xD0 where byte < 0x90: (0xD1, byte + 0x10)
        case 0xD0 where (0x90...0x9F).contains(byte): (0xD0, byte + 0x20)
        case 0xD0 where (0xA0...0xAF).contains(byte): (0xD1, byte - 0x20)
        default: (lead, byte)
        }
    }
}
