/// One row of the table of limits: which lanes, what they may do, and the name under which it is explained.
package struct LanePolicy: Hashable, Sendable {
    package let id: String
    /// Nil: every transport.
    package let transport: Transport?
    package let destination: DestinationPattern
    /// Nil: every egress source.
    package let source: String?
    package let limits: LaneLimits

    package init(
        id: String, transport: Transport? = nil, destination: DestinationPattern, source: String? = nil,
        limits: LaneLimits
    ) {
        self.id = id
        self.transport = transport
        self.destination = destination
        self.source = source
        self.limits = limits
    }

    package func matches(_ lane: LaneKey) -> Bool {
        (transport ?? lane.transport) == lane.transport && (source ?? lane.source) == lane.source
            && destination.matches(lane.destination)
    }
}

/// The limits of every lane: the first row that matches holds, else the default of the transport.
package struct LanePolicyTable: Sendable {
    package var policies: [LanePolicy]
    package var mailDefault: LanePolicy
    package var webhookDefault: LanePolicy

    package init(policies: [LanePolicy], mailDefault: LanePolicy, webhookDefault: LanePolicy) {
        self.policies = policies
        self.mailDefault = mailDefault
        self.webhookDefault = webhookDefault
    }

    package func policy(for lane: LaneKey) -> LanePolicy {
        if let found = policies.first(where: { $0.matches(lane) }) { return found }
        return lane.transport == .smtp ? mailDefault : webhookDefault
    }
}
