import EventLoop

/// Counts what each client has begun in this minute. Any thread may call it.
///
/// A full table forgets those of earlier minutes, and when there are none of those, everybody: a flood from
/// many places is not what a rate for each can stop.
final class ClientRates: Sendable {
    private struct Count {
        var minute: UInt64
        var messages: Int
    }

    private let limits: InboundLimits
    private let counts = Locked<[ClientNetwork: Count]>([:])

    init(limits: InboundLimits) { self.limits = limits }

    /// Takes one; false when the client has had all of this minute.
    func take(_ ip: String, now: MonotonicTime) -> Bool {
        let minute = now.nanoseconds / 60_000_000_000
        let client = ClientNetwork(ip)
        return counts.withLock { counts in
            var count = counts[client] ?? Count(minute: minute, messages: 0)
            if count.minute != minute { count = Count(minute: minute, messages: 0) }
            guard count.messages < limits.maxMessagesPerMinute else { return false }
            count.messages += 1
            if counts[client] == nil, counts.count >= limits.maxClients {
                counts = counts.filter { $0.value.minute == minute }
                if counts.count >= limits.maxClients { counts.removeAll() }
            }
            counts[client] = count
            return true
        }
    }
}
