import EventLoop
import FoundationEssentials
import MailAuth

/// The MTA-STS policies that this node knows, until their time is over. For all loops.
///
/// A policy is remembered as long as its domain has asked for (RFC 8461 §3.2), across restarts if there is a
/// store: who forgot it could be talked out of it by whoever answers instead of the domain. Limits:
/// `maxPolicies` and `maxBytes`; those that were fetched longest ago go first, and policies in use are
/// fetched anew every day.
package final class MTASTSCache: Sendable {
    /// A policy as it was fetched.
    package struct Entry: Codable, Sendable, Equatable {
        package let domain: String
        /// Of the record that announced it.
        package let id: String
        private let mode: String
        private let hosts: [String]
        private let maxAge: Int
        /// Seconds since 1970.
        package let fetchedAt: Int64

        package init(domain: String, id: String, _ policy: MTASTSPolicy, fetchedAt: Int64) {
            self.domain = domain
            self.id = id
            mode = policy.mode.rawValue
            hosts = policy.hosts
            maxAge = policy.maxAgeSeconds
            self.fetchedAt = fetchedAt
        }

        package var policy: MTASTSPolicy {
            MTASTSPolicy(
                mode: MTASTSPolicy.Mode(rawValue: mode) ?? .none, hosts: hosts,
                maxAgeSeconds: min(max(0, maxAge), MTASTSPolicy.maxMaxAgeSeconds))
        }

        var expiresAt: Int64 { fetchedAt &+ Int64(policy.maxAgeSeconds) }
        var bytes: Int { 128 + domain.utf8.count + hosts.reduce(0) { $0 + 24 + $1.utf8.count } }
    }

    /// All policies of a moment, for a store.
    package struct Kept: Sendable {
        let entries: [Entry]

        /// What `restore` takes. Long work when there are many: not for a loop's thread.
        package func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(entries)) }
    }

    /// Where the policies are kept between two runs.
    package struct Store: Sendable {
        /// Replaces what is kept, whole after any crash; a failure is the store's to tell. Called on a loop,
        /// which must not be blocked.
        let save: @Sendable (Kept) async -> Void

        package init(save: @escaping @Sendable (Kept) async -> Void) { self.save = save }
    }

    /// Bytes that are no kept policies.
    package struct Unreadable: Error {}

    private struct State {
        var entries: [String: Entry] = [:]
        var bytes = 0
        var isSaving = false
        var isDirty = false
    }

    /// Between two times that all are stored: what a crash may lose of the newest policies.
    private static let storePause: Duration = .seconds(5)

    private let maxPolicies: Int
    private let maxBytes: Int
    private let store: Store?
    private let state = Locked(State())

    package init(maxPolicies: Int = 10_000, maxBytes: Int = 16 << 20, store: Store? = nil) {
        self.maxPolicies = maxPolicies
        self.maxBytes = maxBytes
        self.store = store
    }

    package var count: Int { state.withLock { $0.entries.count } }

    /// The policy of a domain that has not run out.
    /// - Parameter now: seconds since 1970.
    package func entry(_ domain: String, now: Int64) -> Entry? {
        state.withLock { state in
            guard let entry = state.entries[domain], entry.expiresAt > now else { return nil }
            return entry
        }
    }

    /// Keeps what was fetched, and has it stored at once or after the pause. On a loop.
    func keep(_ entry: Entry, on loop: EventLoop) {
        add(entry)
        guard let store else { return }
        let isFirst = state.withLock { state in
            state.isDirty = true
            defer { state.isSaving = true }
            return !state.isSaving
        }
        if isFirst { loop.spawn { await self.save(store, on: loop) } }
    }

    private func add(_ entry: Entry) {
        state.withLock { state in
            guard entry.bytes <= maxBytes else { return }
            state.bytes -= state.entries.updateValue(entry, forKey: entry.domain)?.bytes ?? 0
            state.bytes += entry.bytes
            while state.entries.count > maxPolicies || state.bytes > maxBytes {
                guard let oldest = state.entries.values.min(by: { $0.fetchedAt < $1.fetchedAt }) else {
                    return
                }
                state.entries[oldest.domain] = nil
                state.bytes -= oldest.bytes
            }
        }
    }

    /// One at a time; what changes meanwhile goes with the next one.
    private func save(_ store: Store, on loop: EventLoop) async {
        while true {
            let entries = state.withLock { state -> [Entry]? in
                guard state.isDirty else {
                    state.isSaving = false
                    return nil
                }
                state.isDirty = false
                return Array(state.entries.values)
            }
            guard let entries else { return }
            await store.save(Kept(entries: entries))
            await loop.sleep(Self.storePause)
        }
    }

    /// Takes back what a store has kept; entries whose time is over are left out.
    package func restore(_ bytes: [UInt8], now: Int64) throws(Unreadable) {
        guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(bytes)) else {
            throw Unreadable()
        }
        for entry in entries where entry.expiresAt > now { add(entry) }
    }
}
