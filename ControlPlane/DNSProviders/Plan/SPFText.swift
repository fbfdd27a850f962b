/// An SPF record as text, edited in place: every term that is there stays as it is spelled, in its order
/// (RFC 7208 §4.5, §4.6).
struct SPFText: Equatable {
    static let version = "v=spf1"
    /// RFC 7208 §3.4 wants the answer of a query in one datagram.
    static let advisedBytes = 450

    struct Term: Equatable {
        let text: Substring
        /// `+` when there is none; nil for a modifier.
        let qualifier: Character?
        /// Lower case.
        let name: String
        /// Behind the `:` or `=`.
        let value: String
    }

    let text: String
    let terms: [Term]

    /// Nil when the first term is not exactly the version, in whatever case.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard let first = words.first, text.first != " ", first.lowercased() == Self.version else {
            return nil
        }
        self.text = text
        terms = words.dropFirst().map(Self.term)
    }

    private static func term(_ word: Substring) -> Term {
        let qualifiers: [Character] = ["+", "-", "~", "?"]
        var rest = word
        var qualifier: Character = "+"
        if let first = rest.first, qualifiers.contains(first) {
            qualifier = first
            rest = rest.dropFirst()
        }
        let name = rest.prefix { $0 != ":" && $0 != "=" && $0 != "/" }
        let value = rest.dropFirst(name.count)
        let isModifier = value.first == "="
        return Term(
            text: word, qualifier: isModifier ? nil : qualifier, name: name.lowercased(),
            value: String(value.first == ":" || isModifier ? value.dropFirst() : value))
    }

    /// The term that includes a host.
    func include(of host: String) -> Term? {
        terms.first { $0.name == "include" && RecordKey.normal($0.value) == RecordKey.normal(host) }
    }

    /// The record with one more include, where it is evaluated: before `all`, else before `redirect`, else at
    /// the end.
    func including(_ host: String) -> SPFText? {
        let before =
            terms.first { $0.name == "all" && $0.qualifier != nil }
            ?? terms.first { $0.name == "redirect" && $0.qualifier == nil }
        guard let before else {
            return SPFText(text + (text.hasSuffix(" ") ? "" : " ") + "include:\(host)")
        }
        let index = before.text.startIndex
        return SPFText(text[..<index] + "include:\(host) " + text[index...])
    }

    private init?(_ text: Substring) { self.init(String(text)) }

    /// A record for a name without one.
    static func new(including host: String) -> String { "\(version) include:\(host) ~all" }

    /// One record with the terms of several, each once; the last word is the least strict `all` of them.
    static func merged(_ records: [SPFText], including host: String) -> String {
        var words: [Substring] = []
        for term in records.flatMap(\.terms) where !["all", "redirect"].contains(term.name) {
            if !words.contains(term.text) { words.append(term.text) }
        }
        let ours = "include:\(host)"
        if !words.contains(where: { $0.lowercased() == ours }) { words.append(Substring(ours)) }
        return "\(version) \(words.joined(separator: " ")) ~all"
    }
}
