import EventLoop
import HTTP
import NodeProtocol

/// What `IdempotencyKeys` remembers, within bounds of bytes and time. A value: whoever shares it locks it.
///
/// Each tenant has a share; when it is full, the tenant's own oldest answers go. When all shares together are
/// too large, the largest one gives way.
struct IdempotencyStore: Sendable {
    struct Limits: Sendable {
        var keptFor: Duration = .seconds(86_400)
        var maxBytes = 256 * 1024 * 1024
        var maxTenantBytes = 64 * 1024 * 1024
    }

    struct Name: Hashable, Sendable {
        /// The key, credential or user, so that test and live, and two callers, never meet.
        let caller: String
        let route: String
        let key: String
    }

    enum Outcome: Sendable {
        case running
        case response(HTTPResponse)
        case refusal(APIError)
        /// Of a message that did not come over HTTP.
        case queued(MessageID)

        var sizeBytes: Int {
            switch self {
            case .running, .queued: 0
            case .response(let response): response.body.count + 512
            case .refusal(let error): error.sizeBytes
            }
        }
    }

    struct Entry: Sendable {
        let bodyHash: [UInt8]
        let since: MonotonicTime
        let serial: Int
        var sizeBytes: Int
        var outcome: Outcome
    }

    /// What one tenant has.
    private struct Share {
        var entries: [Name: Entry] = [:]
        /// In the order in which they came; some may be gone.
        var order: ArraySlice<(name: Name, serial: Int)> = []
        var sizeBytes = 0
    }

    /// What an entry costs besides the texts in it, roughly.
    private static let entryOverheadBytes = 512
    private static let sweepsEvery: Duration = .seconds(60)

    private let limits: Limits
    private var shares: [TenantID: Share] = [:]
    private var lastSweep: MonotonicTime?
    private var serial = 0
    private(set) var sizeBytes = 0

    init(limits: Limits = Limits()) { self.limits = limits }

    /// How many names are kept in order of age, those that are gone among them.
    var orderCount: Int { shares.values.reduce(0) { $0 + $1.order.count } }

    /// What is known of the name; nil when it is new, which is then noted as running.
    mutating func begin(
        _ name: Name, _ tenant: TenantID, _ bodyHash: [UInt8], now: MonotonicTime
    ) -> Entry? {
        sweep(now)
        if let entry = shares[tenant]?.entries[name], now - entry.since <= limits.keptFor { return entry }
        remove(name, tenant)
        serial &+= 1
        let size = Self.entryOverheadBytes + 2 * (name.caller + name.route + name.key).utf8.count
        let entry = Entry(
            bodyHash: bodyHash, since: now, serial: serial, sizeBytes: size, outcome: .running)
        shares[tenant, default: Share()].entries[name] = entry
        shares[tenant]?.order.append((name, serial))
        add(size, to: tenant)
        makeRoom(tenant)
        return nil
    }

    /// - Parameter outcome: nil forgets the name.
    mutating func end(_ name: Name, _ tenant: TenantID, _ outcome: Outcome?) {
        guard let outcome else {
            remove(name, tenant)
            compact(tenant)
            return
        }
        guard shares[tenant]?.entries[name] != nil else { return }
        shares[tenant]?.entries[name]?.outcome = outcome
        shares[tenant]?.entries[name]?.sizeBytes += outcome.sizeBytes
        add(outcome.sizeBytes, to: tenant)
        makeRoom(tenant)
    }

    private mutating func add(_ bytes: Int, to tenant: TenantID) {
        shares[tenant]?.sizeBytes += bytes
        sizeBytes += bytes
    }

    private mutating func remove(_ name: Name, _ tenant: TenantID) {
        guard let entry = shares[tenant]?.entries.removeValue(forKey: name) else { return }
        add(-entry.sizeBytes, to: tenant)
    }

    private mutating func makeRoom(_ tenant: TenantID) {
        dropOldest(tenant, downTo: limits.maxTenantBytes)
        while sizeBytes > limits.maxBytes,
            let (largest, size) = shares.lazy.map({ ($0.key, $0.value.sizeBytes) }).max(by: { $0.1 < $1.1 })
        {
            dropOldest(largest, downTo: size / 2)
            if shares[largest]?.sizeBytes ?? 0 >= size { return }
        }
    }

    private mutating func dropOldest(_ tenant: TenantID, downTo maxBytes: Int) {
        while let share = shares[tenant]?.sizeBytes, share > maxBytes,
            let oldest = shares[tenant]?.order.popFirst()
        {
            if shares[tenant]?.entries[oldest.name]?.serial == oldest.serial { remove(oldest.name, tenant) }
        }
    }

    /// Forgets the names that are gone, once they are the larger part.
    private mutating func compact(_ tenant: TenantID) {
        guard let share = shares[tenant] else { return }
        if share.entries.isEmpty {
            shares[tenant] = nil
        } else if share.order.count > 2 * share.entries.count + 64 {
            shares[tenant]?.order = ArraySlice(
                share.order.filter { share.entries[$0.name]?.serial == $0.serial })
        }
    }

    /// Drops what is too old, of every tenant.
    private mutating func sweep(_ now: MonotonicTime) {
        guard lastSweep.map({ now - $0 >= Self.sweepsEvery }) ?? true else { return }
        lastSweep = now
        for tenant in Array(shares.keys) {
            while let oldest = shares[tenant]?.order.first {
                let entry = shares[tenant]?.entries[oldest.name]
                if let entry, entry.serial == oldest.serial {
                    guard now - entry.since > limits.keptFor else { break }
                    remove(oldest.name, tenant)
                }
                _ = shares[tenant]?.order.popFirst()
            }
            compact(tenant)
        }
    }
}

extension APIError {
    /// What keeping it costs, roughly.
    var sizeBytes: Int {
        let places = details.reduce(0) { $0 + $1.path.utf8.count + $1.message.utf8.count }
        return 512 + code.utf8.count + message.utf8.count + (field?.utf8.count ?? 0) + places
    }
}
