/// A chunk that is out of date.
struct StaleChunk: Sendable, Equatable {
    let name: String
    let revision: Int64
    /// Microseconds since 1970: when the transaction began that changed it last.
    let changedAt: Int64
    /// Whether nodes have an older one.
    let isPublished: Bool
}

/// In which order chunks that are out of date are built, so that a change that somebody waits for, such as a
/// revoked key, does not wait behind a bulk change.
///
/// What changed last comes first, but second is what has waited longest: both are always built, so nothing
/// waits for ever. What one transaction changed stays together, and with it a manifest never holds half of
/// it, unless it changed so much that it is a bulk change.
struct PublicationOrder: Sendable {
    /// More chunks than this in one transaction are a bulk change: they do not need each other.
    static let maxTogether = 8

    /// How many groups are built however long they take.
    static let always = 2

    /// To be built one after the other, each whole.
    let groups: [[StaleChunk]]

    init(_ stale: [StaleChunk]) {
        var groups = Dictionary(grouping: stale, by: \.changedAt).values
            .flatMap { $0.count > Self.maxTogether ? $0.map { [$0] } : [$0] }
            .sorted { Self.key($0) < Self.key($1) }
        if groups.count > 2 { groups.insert(groups.removeLast(), at: 1) }
        self.groups = groups
    }

    /// The newest is the least; what changed at one time in the order of what depends on it.
    private static func key(_ group: [StaleChunk]) -> (Int64, Int, String) {
        guard let first = group.first else { return (0, 0, "") }
        let kinds = ["global", "tenants", "usage"]
        let kind = first.name.split(separator: "/").first.map(String.init) ?? ""
        return (-first.changedAt, kinds.firstIndex(of: kind) ?? kinds.count, first.name)
    }
}
