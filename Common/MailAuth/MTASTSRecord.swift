/// The TXT record at `_mta-sts.<domain>` that announces a policy, RFC 8461 §3.1. Pure.
///
/// It says nothing of the policy itself; a new `id` says that there is a new one to fetch.
package struct MTASTSRecord: Hashable, Sendable {
    package static let maxIDBytes = 32
    private static let maxNameBytes = 32
    private static let version = "v=STSv1"

    package let id: String

    /// The one record among a name's TXT records. Nil when there is none, more than one, or one that is
    /// malformed: the domain then announces nothing.
    package init?(among texts: [String]) {
        let announcing = texts.filter(Self.announces)
        guard announcing.count == 1, let text = announcing.first else { return nil }
        self.init(text)
    }

    /// Nil for a malformed record.
    package init?(_ text: String) {
        var fields = text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map(Self.trimmed)
        guard fields.first.map({ $0.elementsEqual(Self.version.utf8) }) == true else { return nil }
        fields.removeFirst()
        // One delimiter may close the record.
        if fields.last?.isEmpty == true { fields.removeLast() }
        var id: String?
        for field in fields {
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let (name, value) = (field[..<equals], field[field.index(after: equals)...])
            guard !value.isEmpty else { return nil }
            if name.elementsEqual("id".utf8) {
                guard value.count <= Self.maxIDBytes, value.allSatisfy(ASCIIText.isAlphanumeric) else {
                    return nil
                }
                id = id ?? String(Substring(value))
            } else {
                guard ASCIIText.isFieldName(name, maxBytes: Self.maxNameBytes),
                    value.allSatisfy(Self.isExtensionByte)
                else { return nil }
            }
        }
        guard let id else { return nil }
        self.id = id
    }

    /// RFC 8461 §3.1: records that do not begin like this are somebody else's.
    private static func announces(_ text: String) -> Bool {
        guard let first = text.utf8.split(separator: UInt8(ascii: ";"), maxSplits: 1).first else {
            return false
        }
        return text.utf8.contains(UInt8(ascii: ";")) && trimmed(first).elementsEqual(version.utf8)
    }

    private static func trimmed(_ field: Substring.UTF8View) -> Substring.UTF8View {
        var field = field
        while let last = field.last, ASCIIText.isBlank(last) { field.removeLast() }
        return field.drop(while: ASCIIText.isBlank)
    }

    private static func isExtensionByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") && byte != UInt8(ascii: ";")
    }
}
