/// Where the mail of domains goes, as far as that is known: the name of their set of hosts and the provider
/// that it belongs to. For one loop.
///
/// Thousands of domains share the hosts of one provider, so they share one lane and its limits. What has run
/// out is not believed any more; shortly before, `lookUp` asks to refresh it, so that a domain in use never
/// runs out. Holds at most 100,000 domains: a tenth is forgotten when there are more.
struct DestinationCache {
    struct Destination: Equatable {
        let name: String
        let provider: String
    }

    enum Known: Equatable {
        case fresh(Destination)
        /// Usable, and to be asked for again.
        case soonStale(Destination)
        case unknown
    }

    private struct Entry {
        var destination: Destination
        /// Milliseconds since 1970.
        var refreshAt: Int64
        var expiresAt: Int64
    }

    static let maxDomains = 100_000
    /// The DNS may say less: a lane whose starts are spaced out waits up to a minute for its next one.
    private static let minSeconds: Int64 = 120
    private static let maxSeconds: Int64 = 3_600
    /// For how long an old answer holds when a new one cannot be had.
    private static let graceSeconds: Int64 = 120

    private var entries: [String: Entry] = [:]

    var count: Int { entries.count }

    func lookUp(_ domain: String, now: Int64) -> Known {
        guard let entry = entries[domain], entry.expiresAt > now else { return .unknown }
        return entry.refreshAt > now ? .fresh(entry.destination) : .soonStale(entry.destination)
    }

    mutating func insert(_ destination: Destination, for domain: String, ttlSeconds: UInt32, now: Int64) {
        makeRoom(for: domain)
        let seconds = min(max(Int64(ttlSeconds), Self.minSeconds), Self.maxSeconds)
        entries[domain] = Entry(
            destination: destination, refreshAt: now + seconds * 800, expiresAt: now + seconds * 1_000)
    }

    /// The DNS cannot say: what was known holds a little longer. False when nothing was.
    mutating func extend(_ domain: String, now: Int64) -> Bool {
        guard var entry = entries[domain] else { return false }
        entry.refreshAt = now + Self.graceSeconds * 800
        entry.expiresAt = now + Self.graceSeconds * 1_000
        entries[domain] = entry
        return true
    }

    /// Other limits hold: the providers are found anew, the hosts are known.
    mutating func updateProviders(_ provider: (String) -> String) {
        var known: [String: String] = [:]
        for (domain, entry) in entries {
            let name = entry.destination.name
            let id = known[name] ?? provider(name)
            known[name] = id
            entries[domain]?.destination = Destination(name: name, provider: id)
        }
    }

    private mutating func makeRoom(for domain: String) {
        guard entries.count >= Self.maxDomains, entries[domain] == nil else { return }
        let soonest = entries.map { ($0.value.expiresAt, $0.key) }.sorted { $0 < $1 }
        for (_, domain) in soonest.prefix(Self.maxDomains / 10) { entries[domain] = nil }
    }
}
