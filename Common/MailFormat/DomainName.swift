@_spi(_Unicode) import Swift

/// Domain names as mail uses them: letters, digits and hyphens (RFC 1123 §2.1), U-labels turned into
/// A-labels.
///
/// The mapping is the small part of UTS 46 that people type: lower case, composed form (NFC), full-width
/// ASCII and the ideographic full stops. U-labels of anything but letters, marks and digits are refused,
/// emoji among them (`DomainLabelRules`), so no two domains that a person could confuse by form alone are
/// made from one text. An A-label is taken as it is when it can be decoded: registries have given out names
/// that no rule of today would make, and mail to them arrives.
package enum DomainName {
    package static let maxBytes = 253
    package static let maxLabelBytes = 63

    package enum Malformation: Error, Hashable, Sendable {
        case empty, emptyLabel, badCharacter, hyphenAtEdge, labelTooLong, tooLong, badALabel, numericTopLevel
    }

    /// The lower-case A-label form, without a dot at the end; accepts U-labels and A-labels in any mixture.
    package static func ascii(_ text: String) throws(Malformation) -> String {
        guard !text.isEmpty else { throw .empty }
        // Before mapping, because an attacker may send a megabyte; no A-label is shorter than its U-label's
        // count.
        guard text.utf8.count <= maxBytes * 4 else { throw .tooLong }
        if isPlain(text.utf8) { return text }
        let mapped = text.isASCII ? text.lowercased() : mapped(text)
        var labels: [String] = []
        for label in mapped.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false) {
            labels.append(try Self.label(Array(label)))
        }
        let name = labels.joined(separator: ".")
        guard name.utf8.count <= maxBytes else { throw .tooLong }
        guard labels.last?.utf8.allSatisfy(\.isDigit) != true else { throw .numericTopLevel }
        return name
    }

    /// Whether the name is in its final form already and has nothing to be looked at: lower-case letters,
    /// digits and inner hyphens in labels of a good length, no A-label, no numeric top level.
    static func isPlain(_ name: some BidirectionalCollection<UInt8>) -> Bool {
        guard name.count <= maxBytes, let last = name.last, !last.isDigit else { return false }
        var labelBytes = 0
        var previous = UInt8.dot
        var hyphens = 0
        for byte in name {
            if byte == .dot {
                guard previous != .dot, previous != .hyphen else { return false }
                labelBytes = 0
                hyphens = 0
            } else {
                guard (0x61...0x7A).contains(byte) || byte.isDigit || byte == .hyphen else { return false }
                if byte == .hyphen {
                    hyphens += 1
                    // Two of them may be an A-label's.
                    guard labelBytes > 0, hyphens < 2 else { return false }
                }
                labelBytes += 1
                guard labelBytes <= maxLabelBytes else { return false }
            }
            previous = byte
        }
        return previous != .dot && previous != .hyphen
    }

    private static func mapped(_ text: String) -> String {
        var narrow = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x3002, 0xFF0E, 0xFF61: narrow.append(".")
            case 0xFF01...0xFF5E: narrow.append(Unicode.Scalar(UInt8(scalar.value - 0xFEE0)))
            default: narrow.append(scalar)
            }
        }
        var composed = String.UnicodeScalarView()
        for scalar in String(narrow).lowercased()._nfc { composed.append(scalar) }
        return String(composed)
    }

    private static func label(_ scalars: [Unicode.Scalar]) throws(Malformation) -> String {
        guard let first = scalars.first, let last = scalars.last else { throw .emptyLabel }
        guard first != "-", last != "-" else { throw .hyphenAtEdge }
        guard scalars.count <= maxLabelBytes else { throw .labelTooLong }
        guard scalars.indices.allSatisfy({ DomainLabelRules.allow(scalars, at: $0) }) else {
            throw .badCharacter
        }
        let text = String(String.UnicodeScalarView(scalars))
        if scalars.allSatisfy(\.isASCII) {
            if text.hasPrefix("xn--") { try check(aLabel: text) }
            return text
        }
        guard !isMark(first), !text.hasPrefix("xn--") else { throw .badCharacter }
        guard let encoded = Punycode.encode(scalars), encoded.utf8.count + 4 <= maxLabelBytes else {
            throw .labelTooLong
        }
        return "xn--" + encoded
    }

    private static func check(aLabel: String) throws(Malformation) {
        guard let scalars = Punycode.decode(String(aLabel.dropFirst(4))),
            scalars.contains(where: { !$0.isASCII }), scalars.allSatisfy(DomainLabelRules.isPrinted),
            Punycode.encode(scalars) == String(aLabel.dropFirst(4))
        else { throw .badALabel }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
