import Glibc

extension ShapingCheck {
    mutating func source(_ source: EgressSource, plans: Set<String>) {
        let path = "sources[\(source.id)]"
        require(source.id != Shaping.defaultID, "\(path).id", "`default` is the node's own address")
        require(source.node > 0, "\(path).node", "a source belongs to a node, and nodes count from 1")
        if let address = source.ipv4 {
            require(
                IPLiteral.ipv4(address) != nil, "\(path).ipv4",
                "`\(address)` is not an IPv4 address to send from")
        }
        if let address = source.ipv6 {
            require(
                IPLiteral.ipv6(address) != nil, "\(path).ipv6",
                "`\(address)` is not an IPv6 address to send from")
        }
        require(
            Self.isHostName(source.helloName, minLabels: 2), "\(path).helloName",
            "`\(source.helloName)` is not the full name of a host")
        if let plan = source.warmUp { known(plan, plans, "\(path).warmUp", "warm-up plan") }
        require(
            (source.warmUp == nil) == (source.warmUpSince == nil), "\(path).warmUpSince",
            "a warm-up has a plan and a first day, or neither")
        if let since = source.warmUpSince {
            require(
                (0...253_402_300_799).contains(since), "\(path).warmUpSince",
                "seconds since 1970, not \(since)")
        }
    }

    /// Two sources with one address would warm it up, and limit it, twice.
    mutating func addressesUsedTwice(_ sources: [EgressSource]) {
        var owners: [[UInt8]: String] = [:]
        for source in sources {
            let addresses = [
                ("ipv4", source.ipv4.flatMap(IPLiteral.ipv4)), ("ipv6", source.ipv6.flatMap(IPLiteral.ipv6)),
            ]
            for case (let field, let address?) in addresses {
                if let owner = owners.updateValue(source.id, forKey: address) {
                    add("sources[\(source.id)].\(field)", "the source `\(owner)` has this address already")
                }
            }
        }
    }

    mutating func pool(_ pool: EgressPool, sources: Set<String>) {
        let path = "pools[\(pool.id)].members"
        require(
            (1...Shaping.maxRowParts).contains(pool.members.count), path,
            "1 to \(Shaping.maxRowParts) sources")
        var seen: Set<String> = []
        for (index, member) in pool.members.enumerated() {
            known(member.source, sources, "\(path)[\(index)].source", "source")
            require(
                seen.insert(member.source).inserted, "\(path)[\(index)].source",
                "the source `\(member.source)` is there twice")
            count(member.weight, in: 1...1_000_000, "\(path)[\(index)].weight")
        }
    }

    mutating func plan(_ plan: WarmUpPlan, providers: Set<String>) {
        let path = "warmUps[\(plan.id)].groups"
        require(
            (1...Shaping.maxRowParts).contains(plan.groups.count), path, "1 to \(Shaping.maxRowParts) groups")
        var seen: Set<String?> = []
        for (index, group) in plan.groups.enumerated() {
            let path = "\(path)[\(index)]"
            if let provider = group.provider { known(provider, providers, "\(path).provider", "provider") }
            require(
                seen.insert(group.provider).inserted, "\(path).provider",
                "\(group.provider.map { "the provider `\($0)`" } ?? "the group of all others") is there twice"
            )
            count(group.firstDay, in: 1...1_000_000_000, "\(path).firstDay")
            count(group.warmAt, in: 1...1_000_000_000, "\(path).warmAt")
            require((1.0...10.0).contains(group.growth), "\(path).growth", "1 to 10, not \(group.growth)")
            require(
                group.growth > 1 || group.firstDay >= group.warmAt, "\(path).growth",
                "with no growth the source is never warm")
        }
    }
}

/// Reads literals of addresses that a host may send from.
package enum IPLiteral {
    /// Four bytes; nil for anything but a dotted quad of one host: not `0.0.0.0`, multicast or broadcast.
    package static func ipv4(_ text: String) -> [UInt8]? {
        guard let bytes = bytes(text, AF_INET, count: 4), bytes[0] != 0, bytes[0] < 224 else { return nil }
        return bytes
    }

    /// Sixteen bytes; nil for anything but the address of one host: not `::` or multicast.
    package static func ipv6(_ text: String) -> [UInt8]? {
        guard let bytes = bytes(text, AF_INET6, count: 16), bytes[0] != 0xFF,
            bytes.contains(where: { $0 != 0 })
        else { return nil }
        return bytes
    }

    private static func bytes(_ text: String, _ family: Int32, count: Int) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
