import NodeProtocol

/// The sources of one node and the pools that they are in: chooses from which address a message leaves.
///
/// The choice depends on the message's id and on which sources are open alone, so every attempt of a message
/// to one destination leaves from the same address as long as the same ones are open.
package struct EgressTable: Sendable {
    private struct Member: Sendable {
        let source: String
        let weight: UInt64
    }

    /// The source of mail that no pool is for: the address that the system chooses, and the node's own name.
    package static let ownSource = "default"

    private var pools: [String: [Member]] = [:]
    private let sources: [String: EgressSource]

    package init(_ shaping: Shaping, node: UInt16) {
        let own = shaping.sources.filter { $0.node == node }
        sources = Dictionary(own.map { ($0.id, $0) }) { first, _ in first }
        for pool in shaping.pools {
            let members = pool.members.compactMap { member in
                sources[member.source].map { Member(source: $0.id, weight: UInt64(max(member.weight, 1))) }
            }
            if !members.isEmpty { pools[pool.id] = members }
        }
    }

    /// Nil for the node's own address, and for a source that it has not or no more.
    package func source(_ id: String) -> EgressSource? { sources[id] }

    /// Whether nothing but the node's own address is ever chosen.
    package var isTrivial: Bool { pools.isEmpty }

    /// The source of a message: by weight among the open members of the pool, or among all when none is open.
    ///
    /// - Parameter pool: nil, or a pool without a source of this node: the pool `default`, else the node's
    ///   own address.
    package func choose(pool: String?, message: MessageID, isOpen: (String) -> Bool) -> String {
        guard let members = pool.flatMap({ pools[$0] }) ?? pools[Shaping.defaultID] else {
            return Self.ownSource
        }
        if members.count == 1 { return members[0].source }
        let open = members.filter { isOpen($0.source) }
        return Self.pick(open.isEmpty ? members : open, message)
    }

    /// Whether a source is still one of those that the message may leave from.
    package func permits(_ source: String, pool: String?) -> Bool {
        guard let members = pool.flatMap({ pools[$0] }) ?? pools[Shaping.defaultID] else {
            return source == Self.ownSource
        }
        return members.contains { $0.source == source }
    }

    private static func pick(_ members: [Member], _ message: MessageID) -> String {
        var mixer = SeededGenerator(seed: message.high ^ message.low &* 0x9E37_79B9_7F4A_7C15)
        var place = mixer.next() % members.reduce(0) { $0 + $1.weight }
        for member in members {
            if place < member.weight { return member.source }
            place -= member.weight
        }
        return members[0].source
    }
}
