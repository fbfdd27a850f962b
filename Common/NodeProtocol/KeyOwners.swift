import Crypto

/// Which node an idempotency key belongs to: one of all, the same for whoever asks.
///
/// Rendezvous hashing of the key over the nodes that take part, so that a node that comes or goes changes the
/// owner of its own share alone. A node owns nothing until `settlingSeconds` after it joined or was resumed:
/// by then every other has been told of it. A node that is drained owns nothing new. In all cases there is
/// for 24 hours somebody else who may have seen a key: the owners before, whom the owner asks before it takes
/// a key that is new to it. One whose spool was adopted is asked at its heir.
package struct KeyOwners: Sendable {
    package static let settlingSeconds: Int64 = 120
    package static let keptSeconds: Int64 = 86_400

    private let nodes: [ClusterNode]

    package init(_ nodes: [ClusterNode]) { self.nodes = nodes.sorted { $0.number < $1.number } }

    /// Whether there is only one to choose.
    package var isTrivial: Bool { nodes.count < 2 }

    /// The node that a key belongs to at a moment; nil when there is no node.
    ///
    /// - Parameter now: seconds since 1970.
    package func owner(of key: String, now: Int64) -> ClusterNode? {
        let heirless = nodes.filter { $0.heir == nil }
        // Nodes that are all said to be adopted are better than none.
        let living = heirless.isEmpty ? nodes : heirless
        let serving = living.filter { !$0.isDraining }
        let candidates = serving.isEmpty ? living : serving
        let settled = candidates.filter { $0.hasSettled(at: now) && !$0.isPaused(at: now) }
        return Self.first(of: settled.isEmpty ? Self.oldest(candidates) : settled, for: key)
    }

    /// The other nodes that a key belonged to in the last 24 hours, or may have: mostly none.
    ///
    /// A node that is drained takes no key any more as soon as that is heard of, whatever the clock of the
    /// one who asks says of the moment.
    package func formerOwners(of key: String, now: Int64) -> [ClusterNode] {
        KeyOwners(nodes.map { $0.drained(by: now) }).formerOwners(upTo: now, of: key)
    }

    private func formerOwners(upTo now: Int64, of key: String) -> [ClusterNode] {
        let start = now &- Self.keptSeconds
        let changes = Set(nodes.flatMap(\.changes)).filter { start < $0 && $0 <= now }
        guard !changes.isEmpty || nodes.contains(where: { $0.isPaused(at: now) }) else { return [] }
        let owner = owner(of: key, now: now)
        var former: [ClusterNode] = []
        for moment in [start] + changes.sorted() {
            for node in possibleOwners(of: key, at: moment)
            where node.number != owner?.number && !former.contains(where: { $0.number == node.number }) {
                former.append(node)
            }
        }
        return former
    }

    /// The owner at a moment among those that certainly took part, and whoever would have been before it if
    /// it did: nobody tells exactly when each node heard of a pause.
    private func possibleOwners(of key: String, at moment: Int64) -> [ClusterNode] {
        let settled = nodes.filter { $0.hasSettled(at: moment) }
        let certain = settled.filter { !$0.isPaused(at: moment) }
        guard let first = Self.first(of: certain, for: key) else {
            return settled.isEmpty ? Self.oldest(nodes) : nodes
        }
        let doubtful = settled.filter { $0.isPaused(at: moment) }
        return [first] + doubtful.filter { Self.first(of: [first, $0], for: key)?.number == $0.number }
    }

    private static func oldest(_ nodes: [ClusterNode]) -> [ClusterNode] {
        let oldest = nodes.min { ($0.since, $0.number) < ($1.since, $1.number) }
        return oldest.map { [$0] } ?? []
    }

    private static func first(of nodes: [ClusterNode], for key: String) -> ClusterNode? {
        guard nodes.count > 1 else { return nodes.first }
        let weighed = nodes.map { ($0, Digest.sha256("\($0.number)\n\(key)")) }
        return weighed.max { $0.1.lexicographicallyPrecedes($1.1) }?.0
    }
}

extension ClusterNode {
    /// The moments at which it begins or ceases to own keys.
    fileprivate var changes: [Int64] {
        [since &+ KeyOwners.settlingSeconds, pausedFrom, pausedUntil.map { $0 &+ KeyOwners.settlingSeconds }]
            .compactMap(\.self)
    }

    /// The same, where its pause is to begin later than now: our clock is behind the one that says so.
    fileprivate func drained(by now: Int64) -> ClusterNode {
        guard isDraining, let pausedFrom, pausedFrom > now else { return self }
        return ClusterNode(
            number: number, url: url, controlURL: controlURL, publicKey: publicKey, since: since,
            pausedFrom: now, heir: heir)
    }

    fileprivate func hasSettled(at moment: Int64) -> Bool {
        since &+ KeyOwners.settlingSeconds <= moment
    }

    fileprivate func isPaused(at moment: Int64) -> Bool {
        guard let pausedFrom, pausedFrom <= moment else { return false }
        return pausedUntil.map { moment < $0 &+ KeyOwners.settlingSeconds } ?? true
    }
}
