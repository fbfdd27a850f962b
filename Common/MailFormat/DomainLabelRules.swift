/// Which code points may stand in a U-label, and beside which others (RFC 5892).
enum DomainLabelRules {
    /// Letters of their scripts that the database calls signs or numbers (§2.6).
    private static let lettersBesides: [UInt32] = [0x6FD, 0x6FE, 0xF0B, 0x3007]
    /// Letters and marks that no name may have: they only stretch or repeat others (§2.6).
    private static let refused: [UInt32] = [
        0x640, 0x7FA, 0x302E, 0x302F, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303B,
    ]

    /// Whether the code point at this place may stand there.
    static func allow(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
        let before = index > 0 ? scalars[index - 1] : nil
        let after = index + 1 < scalars.count ? scalars[index + 1] : nil
        switch scalars[index].value {
        // §A.1 and §A.2: the joiners, behind a sign that takes a consonant's vowel away; and the one that
        // parts two letters that would be written together.
        case 0x200C: return isVirama(before) || partsLetters(scalars, at: index)
        case 0x200D: return isVirama(before)
        // §A.3: the Catalan middle dot. §A.4: the Greek sign of numbers. §A.5, §A.6: the Hebrew ones.
        case 0xB7: return before == "l" && after == "l"
        case 0x375: return after.map(isGreek) ?? false
        case 0x5F3, 0x5F4: return before.map(isHebrew) ?? false
        // §A.7: the Katakana middle dot, in Japanese.
        case 0x30FB: return scalars.contains(where: isJapanese)
        // §A.8, §A.9: digits of one kind.
        case 0x660...0x669: return !scalars.contains { (0x6F0...0x6F9).contains($0.value) }
        case 0x6F0...0x6F9: return !scalars.contains { (0x660...0x669).contains($0.value) }
        default: return allow(scalars[index])
        }
    }

    /// Whether there is anything to see, or to join what is seen, in a code point of an A-label.
    static func isPrinted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .spaceSeparator, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: false
        default: true
        }
    }

    /// Letters in lower case, marks and digits.
    private static func allow(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            let byte = UInt8(truncatingIfNeeded: scalar.value)
            return byte.isLetterOrDigit || byte == .hyphen
        }
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber:
            return !refused.contains(scalar.value)
        default: return lettersBesides.contains(scalar.value)
        }
    }

    private static func isVirama(_ scalar: Unicode.Scalar?) -> Bool {
        scalar?.properties.canonicalCombiningClass == .virama
    }

    /// Marks between the letters change nothing of how those join.
    private static func partsLetters(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
        let before = scalars[..<index].last { !isMark($0) }
        let after = scalars[(index + 1)...].first { !isMark($0) }
        guard let before, let after else { return false }
        return JoiningLetters.joinsNext(before) && JoiningLetters.joinsPrevious(after)
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .nonspacingMark
    }

    private static func isGreek(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Coptic has the end of the block.
        case 0x370...0x373, 0x376...0x37D, 0x37F...0x3E1, 0x3F0...0x3FF, 0x1F00...0x1FFE: allow(scalar)
        default: false
        }
    }

    private static func isHebrew(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x591...0x5C7, 0x5D0...0x5EA, 0x5EF...0x5F4: true
        default: false
        }
    }

    /// Hiragana, Katakana or Han.
    private static func isJapanese(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FD...0x30FF, 0x31F0...0x31FF, 0x3005,
            0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x2_0000...0x3_23AF:
            true
        default: false
        }
    }
}
