import Glibc

/// A record of version `spf1` (RFC 7208 §4.6, §5, §6), wholly checked. Pure.
package struct SPFRecord: Sendable, Equatable {
    package enum Mechanism: Sendable, Equatable {
        case all
        case include(SPFMacroText)
        /// The domain that is checked where none is named.
        case a(SPFMacroText?, SPFPrefixes)
        case mx(SPFMacroText?, SPFPrefixes)
        case ptr(SPFMacroText?)
        /// 4 or 16 bytes, and how many bits of them count.
        case network([UInt8], prefixLength: Int)
        case exists(SPFMacroText)

        /// §4.6.4: whether it counts among the ten.
        package var needsLookup: Bool {
            switch self {
            case .all, .network: false
            case .include, .a, .mx, .ptr, .exists: true
            }
        }
    }

    package struct Directive: Sendable, Equatable {
        /// What the check ends with when the mechanism matches.
        package let result: SPFResult
        package let mechanism: Mechanism
        /// As it stands in the record.
        package let text: String
    }

    package internal(set) var directives: [Directive] = []
    package internal(set) var redirect: SPFMacroText?
    package internal(set) var explanation: SPFMacroText?

    /// §4.6: after an `all` nothing is looked at, and a `redirect` beside it is ignored.
    package var hasAll: Bool { directives.contains { $0.mechanism == .all } }

    /// No honest record is longer; macros of a longer one could be made to fill the memory.
    package static let maxBytes = 8_192
    private static let version = Array("v=spf1".utf8)

    /// §4.5: whether a TXT record is one of version `spf1`, well formed or not.
    package static func isRecord(_ text: [UInt8]) -> Bool {
        text.prefix(version.count).map(\.lowercased) == version
            && (text.count == version.count || text[version.count] == 0x20)
    }

    /// - Throws: what is wrong, for people; one fault anywhere spoils the record.
    package init(_ text: [UInt8]) throws(SPFSyntaxError) {
        guard Self.isRecord(text) else { throw SPFSyntaxError("it does not begin with v=spf1") }
        guard text.count <= Self.maxBytes else {
            throw SPFSyntaxError("it is longer than \(Self.maxBytes) bytes")
        }
        for term in text.dropFirst(Self.version.count).split(separator: 0x20) {
            do { try read(term) } catch {
                throw SPFSyntaxError("\(error.reason): \(Self.printable(term))")
            }
        }
    }

    private mutating func read(_ term: ArraySlice<UInt8>) throws(SPFSyntaxError) {
        guard term.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SPFSyntaxError("a character that may not stand in a record")
        }
        // A modifier has a name and an equals sign before any colon or slash.
        let name = term.prefix { ASCIIText.isAlphanumeric($0) || "-_.".utf8.contains($0) }
        if term.dropFirst(name.count).first == UInt8(ascii: "=") {
            try readModifier(name, term[(name.endIndex + 1)...])
        } else {
            directives.append(try SPFTermReader.directive(term))
        }
    }

    private mutating func readModifier(
        _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>
    ) throws(SPFSyntaxError) {
        guard let first = name.first, !ASCIIText.isDigit(first), ASCIIText.isAlphanumeric(first) else {
            throw SPFSyntaxError("a modifier without a name")
        }
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "redirect":
            guard redirect == nil else { throw SPFSyntaxError("a second redirect") }
            guard let text = SPFMacroText(domain: value) else { throw SPFSyntaxError("no domain") }
            redirect = text
        case "exp":
            guard explanation == nil else { throw SPFSyntaxError("a second exp") }
            guard let text = SPFMacroText(domain: value) else { throw SPFSyntaxError("no domain") }
            explanation = text
        default:
            guard SPFMacroText(value, isExplanation: false) != nil else {
                throw SPFSyntaxError("a malformed macro")
            }
        }
    }

    private static func printable(_ term: ArraySlice<UInt8>) -> String {
        String(decoding: term.prefix(100).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }, as: UTF8.self)
    }
}

/// Why a text is no record.
package struct SPFSyntaxError: Error, Sendable, Equatable {
    package let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// How many bits of an address count, for each family (§5.6).
package struct SPFPrefixes: Sendable, Equatable {
    package var ipv4 = 32
    package var ipv6 = 128
}
