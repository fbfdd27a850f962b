import NodeProtocol

/// So many starts in so long, with a burst: 100 in a minute, of which up to 10 at once.
package struct Rate: Hashable, Sendable {
    package let count: Int64
    package let perMilliseconds: Int64
    package let burst: Int64

    /// - Parameter count: at least 1; `perMilliseconds` at least 1, at most a day; `burst` at least 1.
    package init(count: Int64, perMilliseconds: Int64, burst: Int64 = 1) {
        self.count = min(max(count, 1), 1_000_000_000)
        self.perMilliseconds = min(max(perMilliseconds, 1), 86_400_000)
        self.burst = min(max(burst, 1), 1_000_000)
    }

    /// - Parameter perSecond: 0.001 to 100,000; a fifth of a second's starts, and 20 at most, may come at
    ///   once.
    package init(perSecond: Double) {
        let thousandths = Int64(min(max(perSecond, 0.001), 100_000) * 1_000)
        self.init(
            count: thousandths, perMilliseconds: 1_000_000, burst: min(max(thousandths / 5_000, 1), 20))
    }

    package var perSecond: Double { Double(count) * 1_000 / Double(perMilliseconds) }

    var microsecondsBetweenStarts: Int64 { max(perMilliseconds * 1_000 / count, 1) }

    /// Whether this rate lets less through in the long run than `other`.
    func isSlower(than other: Rate) -> Bool { microsecondsBetweenStarts > other.microsecondsBetweenStarts }
}

/// What a lane may do at most.
package struct LaneLimits: Hashable, Sendable {
    /// Connections at the same time.
    package var maxConnections: Int
    /// Attempts at the same time.
    package var maxInFlight: Int
    /// Starts of attempts; nil: as fast as the connections go.
    package var rate: Rate?
    /// Connections that a lane begins with, before replies have told more.
    package var startConnections: Int
    /// Messages over one connection: handed out with each attempt, the delivery counts them.
    package var maxMessagesPerConnection: Int

    package init(
        maxConnections: Int, maxInFlight: Int? = nil, rate: Rate? = nil, startConnections: Int? = nil,
        maxMessagesPerConnection: Int = 100
    ) {
        self.maxConnections = min(max(maxConnections, 1), 10_000)
        self.maxInFlight = min(max(maxInFlight ?? maxConnections, 1), 10_000)
        self.rate = rate
        self.startConnections = min(max(startConnections ?? maxConnections, 1), self.maxConnections)
        self.maxMessagesPerConnection = max(maxMessagesPerConnection, 1)
    }

    /// The narrower of the two in each point.
    func narrowed(by cap: LimitCap) -> LaneLimits {
        var result = self
        if let most = cap.maxConnections { result.maxConnections = min(maxConnections, max(most, 1)) }
        if let most = cap.maxInFlight { result.maxInFlight = min(maxInFlight, max(most, 1)) }
        if let most = cap.maxMessagesPerConnection {
            result.maxMessagesPerConnection = min(maxMessagesPerConnection, max(most, 1))
        }
        result.startConnections = min(startConnections, result.maxConnections)
        if let slower = cap.rate, rate.map({ slower.isSlower(than: $0) }) ?? true { result.rate = slower }
        return result
    }
}

/// What a restriction takes off a lane's limits; nil leaves a point as it is.
package struct LimitCap: Hashable, Sendable {
    package var maxConnections: Int?
    package var maxInFlight: Int?
    package var maxMessagesPerConnection: Int?
    package var rate: Rate?

    package init(
        maxConnections: Int? = nil, maxInFlight: Int? = nil, maxMessagesPerConnection: Int? = nil,
        rate: Rate? = nil
    ) {
        self.maxConnections = maxConnections
        self.maxInFlight = maxInFlight
        self.maxMessagesPerConnection = maxMessagesPerConnection
        self.rate = rate
    }

    package init(_ limits: DestinationLimits) {
        self.init(
            maxConnections: limits.maxConnections, maxMessagesPerConnection: limits.maxMessagesPerConnection,
            rate: limits.messagesPerSecond.map(Rate.init(perSecond:)))
    }

    package var limits: DestinationLimits {
        DestinationLimits(
            maxConnections: maxConnections, maxMessagesPerConnection: maxMessagesPerConnection,
            messagesPerSecond: rate?.perSecond)
    }
}
