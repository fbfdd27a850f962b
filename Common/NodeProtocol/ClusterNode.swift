import FoundationEssentials

/// A node as the other nodes of its cluster know it, from the chunk `global`.
package struct ClusterNode: Codable, Sendable, Equatable {
    package let number: UInt16
    /// Where sends are relayed to, such as `http://10.0.0.7:8025`.
    package let url: String
    /// Its control listener, such as `http://10.0.0.7:8027`.
    package let controlURL: String
    /// Ed25519, raw 32 bytes.
    package let publicKey: Data
    /// When it joined; seconds since 1970.
    package let since: Int64
    /// When it was drained, and resumed: in between it took nothing new, or, where it was drained more than
    /// once in a day, not always.
    package let pausedFrom: Int64?
    package let pausedUntil: Int64?
    /// The number of the node that has taken over its spool, with the keys that it had seen.
    package let heir: UInt16?

    /// It takes nothing new, but knows the keys that it has seen.
    package var isDraining: Bool { pausedFrom != nil && pausedUntil == nil }

    package init(
        number: UInt16, url: String, controlURL: String, publicKey: Data, since: Int64,
        pausedFrom: Int64? = nil, pausedUntil: Int64? = nil, heir: UInt16? = nil
    ) {
        self.number = number
        self.url = url
        self.controlURL = controlURL
        self.publicKey = publicKey
        self.since = since
        self.pausedFrom = pausedFrom
        self.pausedUntil = pausedUntil
        self.heir = heir
    }
}

extension Snapshot {
    /// The node of the cluster that signs so; nil for any other signer.
    package func node(_ signer: String) -> ClusterNode? {
        guard let number = RelayMark.node(signer) else { return nil }
        return global.nodes?.first { $0.number == number }
    }

    /// The node that answers for what the one of this number accepted: itself, or the one that has taken over
    /// its spool. Nil when there is no such node any more.
    package func keeper(of number: UInt16) -> ClusterNode? {
        guard let node = global.nodes?.first(where: { $0.number == number }) else { return nil }
        guard let heir = node.heir else { return node }
        return global.nodes?.first { $0.number == heir }
    }
}
