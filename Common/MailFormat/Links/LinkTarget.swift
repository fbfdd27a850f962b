/// Where a link leads: the value of `href` as browsers read it.
///
/// Only absolute `http` and `https` links have one here, and only those that can be said in a header again
/// without a doubt: a value with an entity other than those of markup and numbers, with a backslash or with a
/// control character is left to the reader's browser.
enum LinkTarget {
    private static let entities: [String: UInt8] = [
        "amp": 0x26, "AMP": 0x26, "lt": 0x3C, "LT": 0x3C, "gt": 0x3E, "GT": 0x3E, "quot": 0x22, "QUOT": 0x22,
        "apos": 0x27,
    ]
    /// Names that count without a semicolon as well (WHATWG HTML §13.5), but for those above.
    private static let oldNames = Set(
        """
        Aacute Acirc AElig Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc Egrave Euml Iacute Icirc \
        Igrave Iuml Ntilde Oacute Ocirc Ograve Oslash Otilde Ouml REG THORN Uacute Ucirc Ugrave Uuml \
        Yacute aacute acirc acute aelig agrave aring atilde auml brvbar ccedil cedil cent copy curren deg \
        divide eacute ecirc egrave eth euml frac12 frac14 frac34 iacute icirc iexcl igrave iquest iuml \
        laquo macr micro middot nbsp not ntilde oacute ocirc ograve ordf ordm oslash otilde ouml para \
        plusmn pound raquo reg sect shy sup1 sup2 sup3 szlig thorn times uacute ucirc ugrave uml uuml \
        yacute yen yuml
        """.split(separator: " ").map(String.init))
    private static let maxEntityBytes = 32

    /// The URL in printable ASCII, or nil when there is none that could be followed from elsewhere.
    static func url(_ value: ArraySlice<UInt8>) -> String? {
        guard value.count < 1 << 20, let text = decoded(value) else { return nil }
        // Browsers drop these wherever they stand (WHATWG URL §4.4), and blanks at both ends.
        let kept = text.filter { $0 != .tab && $0 != .lineFeed && $0 != .carriageReturn }
        guard let first = kept.firstIndex(where: { $0 > .space }),
            let last = kept.lastIndex(where: { $0 > .space })
        else { return nil }
        let url = kept[first...last]
        guard let authority = authority(of: url),
            !url.contains(where: { $0 == .backslash || $0 < .space || $0 == 0x7F }),
            String(validating: url, as: UTF8.self) != nil
        else { return nil }
        guard let host = ascii(url[authority]) else { return nil }
        let rest = [UInt8].escaped(url[authority.upperBound...], by: .percent) { $0 > .space && $0 < 0x7F }
        return String(decoding: url[..<authority.lowerBound] + host + rest, as: UTF8.self)
    }

    /// What stands between `//` and the path.
    private static func authority(of url: ArraySlice<UInt8>) -> Range<Int>? {
        for scheme in ["http://", "https://"] {
            let count = scheme.utf8.count
            guard url.count > count, zip(url, scheme.utf8).allSatisfy({ $0.lowercased == $1 }) else {
                continue
            }
            let start = url.startIndex + count
            let isEnd = { (byte: UInt8) in byte == .slash || byte == .question || byte == 0x23 }
            let end = url[start...].firstIndex(where: isEnd) ?? url.endIndex
            let isHost = url[start..<end].allSatisfy { byte in
                byte > .space && !"\"<>\\^`{|}".utf8.contains(byte)
            }
            return start < end && isHost ? start..<end : nil
        }
        return nil
    }

    /// A host of letters beyond ASCII by its A-labels; nil when it has none.
    private static func ascii(_ authority: ArraySlice<UInt8>) -> [UInt8]? {
        guard authority.contains(where: { $0 >= 0x80 }) else {
            return Array(authority)
        }
        let colon = authority.lastIndex(of: .colon) ?? authority.endIndex
        guard !authority.contains(.at), authority[colon...].dropFirst().allSatisfy(\.isDigit),
            let host = try? DomainName.ascii(String(decoding: authority[..<colon], as: UTF8.self))
        else { return nil }
        return Array(host.utf8) + authority[colon...]
    }

    // MARK: Entities

    /// The value with its character references replaced; nil for one that is not known here.
    private static func decoded(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        guard value.contains(.ampersand) else { return Array(value) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(value.count)
        var index = value.startIndex
        while index < value.endIndex {
            let byte = value[index]
            index += 1
            guard byte == .ampersand, index < value.endIndex else {
                decoded.append(byte)
                continue
            }
            if value[index] == 0x23 {
                guard let scalar = number(value, &index) else { return nil }
                decoded += Array(String(scalar).utf8)
            } else {
                guard let character = name(value, &index) else { return nil }
                decoded.append(character)
            }
        }
        return decoded
    }

    /// Behind `&`, which stands for itself unless a name follows.
    private static func name(_ value: ArraySlice<UInt8>, _ index: inout Int) -> UInt8? {
        let run = value[index...].prefix(maxEntityBytes).prefix(while: \.isLetterOrDigit)
        let next = run.endIndex < value.endIndex ? value[run.endIndex] : nil
        let name = String(decoding: run, as: UTF8.self)
        if next == .semicolon, !run.isEmpty {
            guard let character = entities[name] else { return nil }
            index = run.endIndex + 1
            return character
        }
        // In an attribute a name without semicolon counts unless `=` or more of a word follows.
        guard next != .equals, !run.isEmpty, name != "apos" else { return .ampersand }
        if oldNames.contains(name) { return nil }
        guard let character = entities[name] else { return .ampersand }
        index = run.endIndex
        return character
    }

    /// `&#38;` or `&#x26;`, with the index at the number sign.
    private static func number(_ value: ArraySlice<UInt8>, _ index: inout Int) -> Unicode.Scalar? {
        let isHexadecimal = value[(index + 1)...].first.map { $0.lowercased == 0x78 } ?? false
        let digits = value[(index + (isHexadecimal ? 2 : 1))...].prefix(8)
            .prefix { isHexadecimal ? $0.hexadecimalOrLowerValue != nil : $0.isDigit }
        guard let number = UInt32(String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10),
            // What browsers take for something else: NUL, the C1 controls, surrogates.
            !(0x80...0x9F).contains(number), number != 0, let scalar = Unicode.Scalar(number)
        else { return nil }
        index = digits.endIndex
        guard index < value.endIndex, value[index] == .semicolon else { return nil }
        index += 1
        return scalar
    }
}

extension UInt8 {
    static let ampersand: UInt8 = 0x26

    fileprivate var hexadecimalOrLowerValue: UInt8? { (self >= 0x61 ? self & 0xDF : self).hexadecimalValue }
}
