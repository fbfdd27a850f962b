/// What a domain asks receivers to do with mail that fails (RFC 9989 §4.7).
package enum DMARCPolicy: String, Sendable, Comparable {
    case none, quarantine, reject

    /// By severity.
    package static func < (left: DMARCPolicy, right: DMARCPolicy) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .none: 0
        case .quarantine: 1
        case .reject: 2
        }
    }

    /// What is left of it while the domain says that it is testing (`t=y`): one step less.
    package var whileTesting: DMARCPolicy { self == .reject ? .quarantine : .none }
}

/// A DMARC policy record (RFC 9989 §4.7, §4.8), the TXT record at `_dmarc.<domain>`. Pure.
///
/// A tag that is malformed is left out, one that is unknown is kept for whoever prints the record again.
/// `pct`, `rf` and `ri` of RFC 7489 are among the unknown ones.
package struct DMARCRecord: Sendable, Equatable {
    /// How close the domains must be (§4.4).
    package enum Alignment: String, Sendable { case relaxed = "r", strict = "s" }

    /// `psd=`: whether the domain is one under which the public registers.
    package enum PublicSuffix: String, Sendable { case yes = "y", no = "n", unknown = "u" }

    /// A tag as it was written.
    package struct Tag: Sendable, Equatable {
        /// In lower case.
        package let name: String
        package let value: String
    }

    /// `p=`; `none` when there is none but reports are asked for.
    package let policy: DMARCPolicy
    /// Whether `p=` is there and is one of the three.
    package let hasPolicy: Bool
    /// `sp=`, for subdomains that have no record; nil when not given.
    package let subdomainPolicy: DMARCPolicy?
    /// `np=`, for subdomains that do not exist; nil when not given.
    package let absentSubdomainPolicy: DMARCPolicy?
    package let dkimAlignment: Alignment
    package let spfAlignment: Alignment
    package let publicSuffix: PublicSuffix
    /// `t=y`.
    package let isTesting: Bool
    /// `rua=`: where aggregate reports go, each as it was written. Only URIs with a scheme are here.
    package let aggregateReports: [String]
    /// `ruf=`.
    package let failureReports: [String]
    /// All tags in order, the version first.
    package let tags: [Tag]

    /// No record is longer.
    package static let maxBytes = 4_096
    private static let version = "DMARC1"

    /// The one record among a name's TXT records; nil when there is none, or more than one: then all of them
    /// are left out (§4.10.1).
    package init?(among texts: [String]) {
        let records = texts.filter(Self.isRecord)
        guard records.count == 1, let text = records.first else { return nil }
        self.init(text)
    }

    /// Whether a text begins with the version, however the rest looks.
    package static func isRecord(_ text: String) -> Bool {
        guard let first = tags(of: text).first else { return false }
        return first.name == "v" && first.value == version
    }

    /// Nil for a text that is no record, or says neither what to do nor where to report.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes, Self.isRecord(text) else { return nil }
        let tags = Self.tags(of: text)
        func value(_ name: String) -> String? { tags.first { $0.name == name }?.value }
        func policy(_ name: String) -> DMARCPolicy? {
            value(name).flatMap { DMARCPolicy(rawValue: $0.lowercased()) }
        }
        aggregateReports = Self.addresses(value("rua"))
        failureReports = Self.addresses(value("ruf"))
        let own = policy("p")
        guard own != nil || !aggregateReports.isEmpty else { return nil }
        self.policy = own ?? .none
        hasPolicy = own != nil
        subdomainPolicy = policy("sp")
        absentSubdomainPolicy = policy("np")
        dkimAlignment = value("adkim").flatMap { Alignment(rawValue: $0.lowercased()) } ?? .relaxed
        spfAlignment = value("aspf").flatMap { Alignment(rawValue: $0.lowercased()) } ?? .relaxed
        publicSuffix = value("psd").flatMap { PublicSuffix(rawValue: $0.lowercased()) } ?? .unknown
        isTesting = value("t")?.lowercased() == "y"
        self.tags = tags
    }

    /// Name and value of each part between semicolons; parts without an equals sign, and a name's second
    /// appearance, are left out.
    private static func tags(of text: String) -> [Tag] {
        var tags: [Tag] = []
        for part in text.split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = trimmed(part[..<equals]).lowercased()
            guard !name.isEmpty, !tags.contains(where: { $0.name == name }) else { continue }
            tags.append(Tag(name: name, value: trimmed(part[part.index(after: equals)...])))
        }
        return tags
    }

    /// Items of the list between commas; a size limit of RFC 7489 (`!10m`) is cut off.
    private static func addresses(_ value: String?) -> [String] {
        (value ?? "").split(separator: ",").compactMap { item in
            let uri = String(trimmed(item).prefix { $0 != "!" })
            guard let colon = uri.firstIndex(of: ":"), colon > uri.startIndex,
                uri.index(after: colon) < uri.endIndex,
                uri.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
                uri[..<colon].utf8.allSatisfy({ ASCIIText.isAlphanumeric($0) || "+-.".utf8.contains($0) })
            else { return nil }
            return uri
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var text = Substring(text).drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}
