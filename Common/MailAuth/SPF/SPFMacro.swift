/// A text with macros (RFC 7208 §7): where a domain names another, and the explanation that it gives.
package struct SPFMacroText: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        case literal(String)
        case macro(SPFMacro)
    }

    let pieces: [Piece]

    /// Whether what it stands for depends on the mail that is checked.
    package var hasMacros: Bool {
        pieces.contains { if case .macro = $0 { true } else { false } }
    }

    /// Nil when a macro is malformed or a character stands in it that may not.
    /// - Parameter isExplanation: allows spaces and the letters `c`, `r` and `t`.
    init?(_ text: ArraySlice<UInt8>, isExplanation: Bool) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                guard (0x21...0x7E).contains(byte) || (isExplanation && byte == 0x20) else { return nil }
                literal.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "%"): literal.append(UInt8(ascii: "%"))
            case UInt8(ascii: "_"): literal.append(UInt8(ascii: " "))
            case UInt8(ascii: "-"): literal += "%20".utf8
            case UInt8(ascii: "{"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")),
                    let macro = SPFMacro(rest[..<end], isExplanation: isExplanation)
                else { return nil }
                rest = rest[(end + 1)...]
                if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
                literal = []
                pieces.append(.macro(macro))
            default: return nil
            }
        }
        if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
        self.pieces = pieces
    }

    /// A domain-spec (§7.1): its end must be a macro, or a label that can be a top-level one.
    init?(domain text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return nil }
        self.init(text, isExplanation: false)
        guard case .literal(let end)? = pieces.last else { return }
        var bytes = Array(end.utf8)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), Self.isTopLabel(bytes[(dot + 1)...]) else {
            return nil
        }
    }

    /// Letters, digits and inner hyphens, not digits alone.
    private static func isTopLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard let first = label.first, let last = label.last, first != hyphen, last != hyphen,
            label.allSatisfy({ ASCIIText.isAlphanumeric($0) || $0 == hyphen })
        else { return false }
        return !label.allSatisfy(ASCIIText.isDigit)
    }
}

/// `%{letter transformers delimiters}`.
struct SPFMacro: Sendable, Equatable {
    /// In lower case.
    let letter: UInt8
    /// Written as a capital: what comes out is escaped as in a URL.
    let isEscaped: Bool
    /// How many of the parts from the right are kept; nil for all.
    let keep: Int?
    let isReversed: Bool
    /// Where the value is divided; at dots when none is given.
    let delimiters: [UInt8]

    private static let letters = Array("slodiphv".utf8)
    private static let explanationLetters = Array("crt".utf8)
    private static let allDelimiters = Array(".-+,/_=".utf8)

    init?(_ text: ArraySlice<UInt8>, isExplanation: Bool) {
        guard let first = text.first else { return nil }
        let lower = first.lowercased
        guard Self.letters.contains(lower) || (isExplanation && Self.explanationLetters.contains(lower))
        else {
            return nil
        }
        var rest = text.dropFirst()
        let digits = rest.prefix(while: ASCIIText.isDigit)
        rest = rest[digits.endIndex...]
        var keep: Int?
        if !digits.isEmpty {
            // A number that does not fit keeps all parts, like any that is larger than their count.
            let number = Int(String(decoding: digits, as: UTF8.self)) ?? .max
            guard number > 0 else { return nil }
            keep = number
        }
        isReversed = rest.first?.lowercased == UInt8(ascii: "r")
        if isReversed { rest = rest.dropFirst() }
        guard rest.allSatisfy(Self.allDelimiters.contains) else { return nil }
        letter = lower
        isEscaped = lower != first
        self.keep = keep
        delimiters = rest.isEmpty ? [UInt8(ascii: ".")] : Array(rest)
    }

    /// What the value becomes.
    func apply(to value: String) -> String {
        var output = value
        if isReversed || keep != nil || delimiters != [UInt8(ascii: ".")] {
            var parts = value.utf8.split(omittingEmptySubsequences: false) { delimiters.contains($0) }
                .map { String(decoding: $0, as: UTF8.self) }
            if isReversed { parts.reverse() }
            if let keep { parts = parts.suffix(keep) }
            output = parts.joined(separator: ".")
        }
        return isEscaped ? Self.escaped(output) : output
    }

    /// RFC 3986 §2.3: all but the unreserved characters as `%XX`.
    private static func escaped(_ text: String) -> String {
        var output = ""
        for byte in text.utf8 {
            if ASCIIText.isAlphanumeric(byte) || "-._~".utf8.contains(byte) {
                output.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                output += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return output
    }
}
