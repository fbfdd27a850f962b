/// A DMARC policy record as text, edited in place: tags that are there stay as they are spelled, in their
/// order, those included that newer versions of the standard have dropped (RFC 9989 §4.7).
package struct DMARCText: Equatable {
    struct Tag: Equatable {
        /// Lower case.
        let name: String
        let value: String
    }

    let text: String
    let tags: [Tag]

    package static func isPolicy(_ text: String) -> Bool { DMARCText(text) != nil }

    /// Whether a record asks for more than reports of domains below its own.
    package static func isStrict(_ text: String) -> Bool { (DMARCText(text)?.subdomainStrictness ?? 0) > 0 }

    /// Nil when the first tag is not `v=DMARC1`, whose value is case-sensitive.
    init?(_ text: String) {
        let tags = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.tag)
        guard let first = tags.first ?? nil, first.name == "v", first.value == "DMARC1" else { return nil }
        self.text = text
        self.tags = tags.compactMap { $0 }
    }

    private static func tag(_ part: Substring) -> Tag? {
        let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2 else { return nil }
        return Tag(name: trimmed(pair[0]).lowercased(), value: trimmed(pair[1]))
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    subscript(_ name: String) -> String? { tags.first { $0.name == name }?.value }

    /// The addresses of `rua`, without a size limit behind `!`.
    var reportAddresses: [String] {
        (self["rua"] ?? "").split(separator: ",").map { uri in
            Self.trimmed(uri).lowercased().split(separator: "!", maxSplits: 1).first.map(String.init) ?? ""
        }
    }

    /// What the record asks of receivers for its own domain and for those below it: more is stricter.
    var strictness: Int { Self.rank(self["p"]) }
    var subdomainStrictness: Int { self["sp"].map { Self.rank($0) } ?? strictness }

    private static func rank(_ policy: String?) -> Int {
        switch policy?.lowercased() {
        case "reject": 2
        case "quarantine": 1
        default: 0
        }
    }

    /// The record with one more address for reports; nothing else of it changes.
    func reporting(to address: String) -> DMARCText? {
        let uri = Self.uri(address)
        var parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        if let index = parts.firstIndex(where: { Self.tag(Substring($0))?.name == "rua" }) {
            let isEmpty = Self.tag(Substring(parts[index]))?.value.isEmpty ?? true
            parts[index] = Self.withoutEndSpace(parts[index]) + (isEmpty ? uri : ",\(uri)")
            return DMARCText(parts.joined(separator: ";"))
        }
        let isClosed = Self.withoutEndSpace(text).hasSuffix(";")
        return DMARCText(Self.withoutEndSpace(text) + (isClosed ? " " : "; ") + "rua=\(uri)")
    }

    private static func withoutEndSpace(_ text: String) -> String {
        String(text.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    /// RFC 9989 §4.7: `,` and `!` inside an address are percent-encoded, and `;` would end the tag.
    static func uri(_ address: String) -> String {
        var uri = "mailto:"
        for character in address.unicodeScalars {
            switch character {
            case ",": uri += "%2C"
            case "!": uri += "%21"
            case ";": uri += "%3B"
            case "%": uri += "%25"
            case " ": uri += "%20"
            default: uri.unicodeScalars.append(character)
            }
        }
        return uri
    }

    /// A record for a name without one: it asks receivers for nothing but reports.
    static func new(reportingTo address: String?) -> String {
        "v=DMARC1; p=none" + (address.map { "; rua=\(uri($0))" } ?? "")
    }
}
