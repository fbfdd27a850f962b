import Glibc

/// Reads one directive of a record: `[qualifier] mechanism [":" domain] ["/" length]` (RFC 7208 §12).
enum SPFTermReader {
    private static let colon = UInt8(ascii: ":")
    private static let slash = UInt8(ascii: "/")

    static func directive(_ term: ArraySlice<UInt8>) throws(SPFSyntaxError) -> SPFRecord.Directive {
        let qualifiers: [UInt8: SPFResult] = [
            UInt8(ascii: "+"): .pass, UInt8(ascii: "-"): .fail, UInt8(ascii: "~"): .softfail,
            UInt8(ascii: "?"): .neutral,
        ]
        let qualifier = term.first.flatMap { qualifiers[$0] }
        let rest = qualifier == nil ? term : term.dropFirst()
        let name = rest.prefix { $0 != colon && $0 != slash }
        let word = String(decoding: name, as: UTF8.self).lowercased()
        let mechanism = try mechanism(word, rest[name.endIndex...])
        return SPFRecord.Directive(
            result: qualifier ?? .pass, mechanism: mechanism, text: String(decoding: term, as: UTF8.self))
    }

    /// - Parameter rest: from the colon or slash behind the name on.
    private static func mechanism(
        _ name: String, _ rest: ArraySlice<UInt8>
    ) throws(SPFSyntaxError) -> SPFRecord.Mechanism {
        switch name {
        case "all":
            guard rest.isEmpty else { throw SPFSyntaxError("all takes nothing") }
            return .all
        case "include": return .include(try neededDomain(rest))
        case "exists": return .exists(try neededDomain(rest))
        case "ptr": return .ptr(try domain(rest))
        case "a":
            let (domain, prefixes) = try domainAndPrefixes(rest)
            return .a(domain, prefixes)
        case "mx":
            let (domain, prefixes) = try domainAndPrefixes(rest)
            return .mx(domain, prefixes)
        case "ip4": return try network(rest, family: AF_INET, bytes: 4)
        case "ip6": return try network(rest, family: AF_INET6, bytes: 16)
        default: throw SPFSyntaxError("a mechanism that is not known")
        }
    }

    private static func neededDomain(_ rest: ArraySlice<UInt8>) throws(SPFSyntaxError) -> SPFMacroText {
        guard let domain = try domain(rest) else { throw SPFSyntaxError("no domain") }
        return domain
    }

    /// Nil where none is given.
    private static func domain(_ rest: ArraySlice<UInt8>) throws(SPFSyntaxError) -> SPFMacroText? {
        if rest.isEmpty { return nil }
        guard rest.first == colon, let text = SPFMacroText(domain: rest.dropFirst()) else {
            throw SPFSyntaxError("a malformed domain")
        }
        return text
    }

    /// The lengths stand at the end: `/24`, `//64` or `/24//64`. A slash elsewhere belongs to the domain.
    private static func domainAndPrefixes(
        _ rest: ArraySlice<UInt8>
    ) throws(SPFSyntaxError) -> (SPFMacroText?, SPFPrefixes) {
        var rest = rest
        var prefixes = SPFPrefixes()
        if let (before, digits) = trailingLength(rest), before.last == slash {
            prefixes.ipv6 = try length(digits, max: 128)
            rest = before.dropLast()
        }
        if let (before, digits) = trailingLength(rest) {
            prefixes.ipv4 = try length(digits, max: 32)
            rest = before
        }
        return (try domain(rest), prefixes)
    }

    /// The digits at the end with a slash before them, and what stands before the slash.
    private static func trailingLength(
        _ text: ArraySlice<UInt8>
    ) -> (before: ArraySlice<UInt8>, digits: ArraySlice<UInt8>)? {
        guard let place = text.lastIndex(of: slash) else { return nil }
        let digits = text[(place + 1)...]
        guard !digits.isEmpty, digits.allSatisfy(ASCIIText.isDigit) else { return nil }
        return (text[..<place], digits)
    }

    /// Without a zero in front.
    private static func length(_ digits: ArraySlice<UInt8>, max: Int) throws(SPFSyntaxError) -> Int {
        guard digits.count <= 3, digits.count == 1 || digits.first != UInt8(ascii: "0"),
            let value = Int(String(decoding: digits, as: UTF8.self)), value <= max
        else { throw SPFSyntaxError("a prefix length that is not one") }
        return value
    }

    private static func network(
        _ rest: ArraySlice<UInt8>, family: Int32, bytes: Int
    ) throws(SPFSyntaxError) -> SPFRecord.Mechanism {
        guard rest.first == colon else { throw SPFSyntaxError("no address") }
        var text = rest.dropFirst()
        var prefixLength = bytes * 8
        if let place = text.lastIndex(of: slash) {
            let digits = text[(place + 1)...]
            guard !digits.isEmpty, digits.allSatisfy(ASCIIText.isDigit) else {
                throw SPFSyntaxError("a prefix length that is not one")
            }
            prefixLength = try length(digits, max: bytes * 8)
            text = text[..<place]
        }
        guard
            let address = SPFAddress.parse(
                String(decoding: text, as: UTF8.self), family: family, count: bytes)
        else { throw SPFSyntaxError("no address") }
        return .network(address, prefixLength: prefixLength)
    }
}
