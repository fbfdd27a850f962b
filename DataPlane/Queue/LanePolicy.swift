import NodeProtocol

/// One row of the table of limits: which lanes, what they may do, and the name under which it is explained.
package struct LanePolicy: Hashable, Sendable {
    /// For mail the provider's id, by which automation rules and warm-up plans find the lane.
    package let id: String
    /// Nil: every transport.
    package let transport: Transport?
    /// One that matches is enough.
    package let destinations: [DestinationPattern]
    package let limits: LaneLimits

    package init(
        id: String, transport: Transport? = nil, destinations: [DestinationPattern], limits: LaneLimits
    ) {
        self.id = id
        self.transport = transport
        self.destinations = destinations
        self.limits = limits
    }

    package func matches(_ lane: LaneKey) -> Bool {
        (transport ?? lane.transport) == lane.transport
            && destinations.contains { $0.matches(lane.destination) }
    }
}

/// The limits of every lane: the first row that matches holds, else the default of the transport.
package struct LanePolicyTable: Hashable, Sendable {
    package var policies: [LanePolicy]
    package var mailDefault: LanePolicy
    package var webhookDefault: LanePolicy
    package var lookup: LanePolicy

    package init(
        policies: [LanePolicy], mailDefault: LanePolicy, webhookDefault: LanePolicy = Self.webhooks,
        lookup: LanePolicy = Self.lookups
    ) {
        self.policies = policies
        self.mailDefault = mailDefault
        self.webhookDefault = webhookDefault
        self.lookup = lookup
    }

    /// The limits of a shaping's providers, with rows of the caller's own before them.
    package init(_ shaping: Shaping, before own: [LanePolicy] = []) {
        let usual = shaping.providers.first { $0.id == Shaping.defaultID }?.limits ?? DestinationLimits()
        var rows: [LanePolicy] = []
        for provider in shaping.providers where provider.id != Shaping.defaultID {
            rows.append(
                LanePolicy(
                    id: provider.id, transport: .smtp, destinations: provider.hosts.map { .init($0) },
                    limits: LaneLimits(provider.limits, usual)))
        }
        self.init(
            policies: own + rows,
            mailDefault: LanePolicy(
                id: Shaping.defaultID, transport: .smtp, destinations: [.init("*")],
                limits: LaneLimits(usual, DestinationLimits())))
    }

    /// What holds while nobody has said otherwise.
    package static let builtIn = LanePolicyTable(Shaping.builtIn)

    package static let webhooks = LanePolicy(
        id: "webhook", transport: .webhook, destinations: [.init("*")],
        limits: LaneLimits(maxConnections: 16, startConnections: 4, maxMessagesPerConnection: 1_000))

    /// So many questions to the DNS at the same time; what is answered from memory takes no time.
    package static let lookups = LanePolicy(
        id: "lookup", transport: .lookup, destinations: [.init("*")],
        limits: LaneLimits(maxConnections: 256))

    package func policy(for lane: LaneKey) -> LanePolicy { self[index(for: lane)] }

    /// Names the row that holds, until the table is another one.
    func index(for lane: LaneKey) -> UInt32 {
        switch lane.transport {
        case .lookup: return UInt32(policies.count + 2)
        case .smtp, .webhook:
            if let found = policies.firstIndex(where: { $0.matches(lane) }) { return UInt32(found) }
            return UInt32(policies.count + (lane.transport == .smtp ? 0 : 1))
        }
    }

    subscript(index: UInt32) -> LanePolicy {
        let index = Int(index)
        if index < policies.count { return policies[index] }
        return index == policies.count ? mailDefault : index == policies.count + 1 ? webhookDefault : lookup
    }
}

extension LaneLimits {
    private static let connections = 10
    private static let cautiousStart = 3

    /// What a provider's row says, else the default row, else 10 connections with 100 messages each.
    init(_ limits: DestinationLimits, _ usual: DestinationLimits) {
        let connections = limits.maxConnections ?? usual.maxConnections ?? Self.connections
        self.init(
            maxConnections: connections,
            rate: (limits.messagesPerSecond ?? usual.messagesPerSecond).map(Rate.init(perSecond:)),
            startConnections: min(connections, Self.cautiousStart),
            maxMessagesPerConnection: limits.maxMessagesPerConnection ?? usual.maxMessagesPerConnection ?? 100
        )
    }
}
