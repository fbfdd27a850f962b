/// How mail leaves the cluster, as data: what each provider takes, what its replies bring about, and from
/// which addresses we send. Part of the chunk `global`.
///
/// What is published are the operator's rows; what is in force is `effective`: the built-in rows with those
/// of the same id replaced, and the others before them. The control plane publishes only rows whose effective
/// shaping has no `problems`; a node refuses a snapshot where it has. So a rule that names a provider which
/// does not exist never comes into force silently.
package struct Shaping: Codable, Sendable, Equatable {
    package var providers: [Provider]
    /// Tried in their order; every rule that matches applies.
    package var rules: [AutomationRule]
    package var sources: [EgressSource]
    package var pools: [EgressPool]
    package var warmUps: [WarmUpPlan]

    package init(
        providers: [Provider] = [], rules: [AutomationRule] = [], sources: [EgressSource] = [],
        pools: [EgressPool] = [], warmUps: [WarmUpPlan] = []
    ) {
        self.providers = providers
        self.rules = rules
        self.sources = sources
        self.pools = pools
        self.warmUps = warmUps
    }
}

/// A mailbox provider, known by the names of its MX hosts, and what it takes from a sender of good standing.
package struct Provider: Codable, Sendable, Equatable {
    /// Such as `google` or `microsoft.hosted`; rules and warm-up plans name providers by it.
    package var id: String
    /// Names of MX hosts, as `DestinationPattern` reads them: `mx.example.com`, or `*.example.com` for that
    /// name and all below it. The first provider with a pattern that matches one of a destination's hosts is
    /// the one. `*` is for the provider `default` alone, which comes last.
    package var hosts: [String]
    package var limits: DestinationLimits

    package init(id: String, hosts: [String], limits: DestinationLimits) {
        self.id = id
        self.hosts = hosts
        self.limits = limits
    }
}

/// What one lane may do at most; nil leaves what the provider `default` has.
package struct DestinationLimits: Codable, Sendable, Equatable {
    /// 1 … 10,000.
    package var maxConnections: Int?
    /// 1 … 100,000.
    package var maxMessagesPerConnection: Int?
    /// 0.001 … 100,000.
    package var messagesPerSecond: Double?

    package init(
        maxConnections: Int? = nil, maxMessagesPerConnection: Int? = nil, messagesPerSecond: Double? = nil
    ) {
        self.maxConnections = maxConnections
        self.maxMessagesPerConnection = maxMessagesPerConnection
        self.messagesPerSecond = messagesPerSecond
    }
}

/// An address that mail leaves from. A source belongs to the node that has its addresses.
package struct EgressSource: Codable, Sendable, Equatable {
    /// Such as `a1`; lanes are named by it. `default` is taken: the node's own address.
    package var id: String
    /// The number of the node.
    package var node: UInt16
    /// Literals of the node's own addresses; nil: the system chooses for that family.
    package var ipv4: String?
    package var ipv6: String?
    /// The name in EHLO, whose A and AAAA records are these addresses.
    package var helloName: String
    /// The plan that the source is warmed up by; nil: it is warm.
    package var warmUp: String?
    /// The first day of the plan, in seconds since 1970 (UTC).
    package var warmUpSince: Int64?

    package init(
        id: String, node: UInt16, ipv4: String? = nil, ipv6: String? = nil, helloName: String,
        warmUp: String? = nil, warmUpSince: Int64? = nil
    ) {
        self.id = id
        self.node = node
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.helloName = helloName
        self.warmUp = warmUp
        self.warmUpSince = warmUpSince
    }
}

/// Sources that share the mail of some plans or streams by weight. The pool `default` is for everything that
/// names no other. A node uses those members that are its own; without any it sends from its own address.
package struct EgressPool: Codable, Sendable, Equatable {
    package struct Member: Codable, Sendable, Equatable {
        package var source: String
        /// 1 … 1,000,000: the share of a message's chance to leave from this source.
        package var weight: Int
        package init(source: String, weight: Int) {
            self.source = source
            self.weight = weight
        }
    }

    package var id: String
    package var members: [Member]

    package init(id: String, members: [Member]) {
        self.id = id
        self.members = members
    }
}

/// How many messages a day a new source may send to one destination group, day by day.
package struct WarmUpPlan: Codable, Sendable, Equatable {
    /// The limits of one group: a provider by id, or all others together when nil.
    package struct Group: Codable, Sendable, Equatable {
        package var provider: String?
        package var firstDay: Int
        /// Each day's number is the day's before, times this: 1.0 … 10.0.
        package var growth: Double
        /// From here on the source is warm for this group.
        package var warmAt: Int

        package init(provider: String?, firstDay: Int, growth: Double, warmAt: Int) {
            self.provider = provider
            self.firstDay = firstDay
            self.growth = growth
            self.warmAt = warmAt
        }

        /// The messages of a day (0 is the first); nil once the source is warm.
        package func messages(onDay day: Int) -> Int? {
            var messages = Double(firstDay)
            guard growth > 1 || day <= 0 else { return firstDay < warmAt ? firstDay : nil }
            for _ in 0..<max(0, day) {
                guard messages < Double(warmAt) else { return nil }
                messages *= growth
            }
            return messages < Double(warmAt) ? Int(messages) : nil
        }
    }

    package var id: String
    package var groups: [Group]

    package init(id: String, groups: [Group]) {
        self.id = id
        self.groups = groups
    }
}
