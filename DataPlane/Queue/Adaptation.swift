/// What the replies of a destination tell about how much it takes.
package enum LaneSignal: Hashable, Sendable {
    case success
    /// It asked for less: "too many connections", "rate limited", 421 at a busy time.
    case throttled
}

/// A lane's own limit: additive increase by success, multiplicative decrease when the destination asks for
/// less.
///
/// First the window of connections is halved, down to one; then starts are spaced, from a second up to a
/// minute. Throttled replies within five seconds of each other count once, since they answer the same burst.
struct Adaptation: Sendable {
    private static let one: Int64 = 256
    private static let sameBurstMilliseconds: Int64 = 5_000
    private static let firstSpacingMilliseconds: Int64 = 1_000
    private static let maxSpacingMilliseconds: Int64 = 60_000

    /// Connections × 256.
    private var window: Int64
    private(set) var spacingMilliseconds: Int64 = 0
    /// The last decrease, and what was said to bring it about.
    private(set) var since: Timestamp?
    private(set) var reason: String?

    init(startConnections: Int) { window = Int64(startConnections) * Self.one }

    var connections: Int { Int(window / Self.one) }

    /// Whether forgetting it would lose nothing.
    var isAtRest: Bool { since == nil }

    mutating func success(maxConnections: Int) {
        if spacingMilliseconds > 0 {
            spacingMilliseconds -= max(spacingMilliseconds / 8, 100)
            if spacingMilliseconds < 200 { spacingMilliseconds = 0 }
            return
        }
        let most = Int64(maxConnections) * Self.one
        guard window < most else {
            since = nil
            reason = nil
            return
        }
        window = min(window + max(Self.one * Self.one / window, 1), most)
    }

    mutating func throttled(now: Timestamp, reason: String?) {
        if let since, now.milliseconds(since: since) < Self.sameBurstMilliseconds { return }
        since = now
        self.reason = reason
        if window > Self.one {
            window = max(window / 2, Self.one)
        } else {
            let doubled = max(spacingMilliseconds * 2, Self.firstSpacingMilliseconds)
            spacingMilliseconds = min(doubled, Self.maxSpacingMilliseconds)
        }
    }

    /// After the destination could not be reached: one probe at a time.
    mutating func collapse(now: Timestamp, reason: String?) {
        window = Self.one
        since = now
        self.reason = reason
    }
}
