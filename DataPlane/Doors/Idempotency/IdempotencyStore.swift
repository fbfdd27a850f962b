import Admission
import HTTP
import NodeProtocol

/// What `IdempotencyKeys` remembers, within bounds of bytes and time. A value: whoever shares it locks it.
///
/// Each tenant has a share; when it is full, the tenant's own oldest answers go. When all shares together are
/// too large, the largest one gives way.
struct IdempotencyStore: Sendable {
    struct Limits: Sendable {
        var keptForMilliseconds: Int64 = 86_400_000
        var maxBytes = 256 * 1024 * 1024
        var maxTenantBytes = 64 * 1024 * 1024
    }

    enum Outcome: Sendable {
        case running
        /// Some of its messages may be queued, and nobody answers it at this moment.
        case open
        case response(HTTPResponse)
        case refusal(APIError)
        /// Of a message that did not come over HTTP.
        case queued(MessageID)
        /// The key belongs to this node now.
        case passedOn(UInt16)

        var sizeBytes: Int {
            switch self {
            case .running, .open, .queued, .passedOn: 0
            case .response(let response): response.body.count + 512
            case .refusal(let error): error.sizeBytes
            }
        }
    }

    struct Entry: Sendable {
        let bodyHash: [UInt8]
        /// Milliseconds since 1970.
        let since: Int64
        let serial: Int
        var sizeBytes: Int
        var outcome: Outcome
        /// What is queued of it, while it has no other answer.
        var items: [ItemName: Receipt] = [:]
    }

    enum Beginning: Sendable {
        /// It is to be answered now, and is noted as running. These of its messages are queued already.
        case first([ItemName: Receipt])
        case known(Entry)
    }

    /// What one tenant has.
    private struct Share {
        var entries: [KeyName: Entry] = [:]
        /// In the order in which they came; some may be gone.
        var order: ArraySlice<(name: KeyName, serial: Int)> = []
        var sizeBytes = 0
    }

    /// What an entry costs besides the texts in it, roughly.
    private static let entryOverheadBytes = 512
    private static let sweepsEveryMilliseconds: Int64 = 60_000

    private let limits: Limits
    private var shares: [TenantID: Share] = [:]
    private var lastSweep: Int64?
    private var serial = 0
    private(set) var sizeBytes = 0

    init(limits: Limits = Limits()) { self.limits = limits }

    /// How many names are kept in order of age, those that are gone among them.
    var orderCount: Int { shares.values.reduce(0) { $0 + $1.order.count } }

    /// What is known of the name; what is new, or was begun and not answered, is noted as running.
    ///
    /// - Parameter now: milliseconds since 1970.
    mutating func begin(
        _ name: KeyName, _ tenant: TenantID, _ bodyHash: [UInt8], now: Int64
    ) -> Beginning {
        sweep(now)
        guard let entry = entry(name, tenant, now) else {
            insert(name, tenant, bodyHash, .running, since: now)
            return .first([:])
        }
        guard case .open = entry.outcome, entry.bodyHash == bodyHash else { return .known(entry) }
        shares[tenant]?.entries[name]?.outcome = .running
        return .first(entry.items)
    }

    private func entry(_ name: KeyName, _ tenant: TenantID, _ now: Int64) -> Entry? {
        guard let entry = shares[tenant]?.entries[name], now &- entry.since <= limits.keptForMilliseconds
        else { return nil }
        return entry
    }

    private mutating func insert(
        _ name: KeyName, _ tenant: TenantID, _ bodyHash: [UInt8], _ outcome: Outcome, since: Int64
    ) {
        remove(name, tenant)
        serial &+= 1
        let entry = Entry(
            bodyHash: bodyHash, since: since, serial: serial, sizeBytes: Self.entryOverheadBytes,
            outcome: outcome)
        shares[tenant, default: Share()].entries[name] = entry
        shares[tenant]?.order.append((name, serial))
        add(Self.entryOverheadBytes, to: tenant)
        makeRoom(tenant)
    }

    /// A message of a request that runs is on disk.
    mutating func note(_ name: KeyName, _ tenant: TenantID, _ item: ItemName, _ receipt: Receipt) {
        guard shares[tenant]?.entries[name]?.items.updateValue(receipt, forKey: item) == nil else { return }
        grow(name, tenant, receipt.sizeBytes)
    }

    /// - Parameter outcome: nil forgets the name, unless something of it is queued.
    mutating func end(_ name: KeyName, _ tenant: TenantID, _ outcome: Outcome?) {
        guard let entry = shares[tenant]?.entries[name] else { return }
        guard let outcome else {
            if !entry.items.isEmpty {
                shares[tenant]?.entries[name]?.outcome = .open
            } else {
                remove(name, tenant)
                compact(tenant)
            }
            return
        }
        shares[tenant]?.entries[name]?.outcome = outcome
        if case .queued = outcome { return }
        shares[tenant]?.entries[name]?.items = [:]
        let items = entry.items.values.reduce(0) { $0 + $1.sizeBytes }
        grow(name, tenant, outcome.sizeBytes - items)
        makeRoom(tenant)
    }

    /// Takes up what was written of a key, in the order in which it was.
    mutating func restore(_ record: IdempotencyRecord, at time: Int64) {
        let (name, tenant) = (record.name, record.tenant)
        if entry(name, tenant, time)?.bodyHash != record.digest {
            insert(name, tenant, record.digest, .open, since: time)
        }
        switch record.content {
        case .item(let item, let receipt):
            switch shares[tenant]?.entries[name]?.outcome {
            case .response, .refusal, nil: return
            case .running, .open, .queued, .passedOn: break
            }
            note(name, tenant, item, receipt)
            shares[tenant]?.entries[name]?.outcome = .open
        case .response(let response): end(name, tenant, .response(response))
        case .refusal(let refusal): end(name, tenant, .refusal(refusal))
        case .passedOn(let node):
            switch shares[tenant]?.entries[name]?.outcome {
            // A record that is read again does not undo what came behind it.
            case .response, .refusal, nil: return
            case .running, .open, .queued, .passedOn: break
            }
            shares[tenant]?.entries[name]?.outcome = .passedOn(node)
        }
    }

    /// Gives a key over to another node, which is told what is known of it; nil while its first request runs.
    mutating func release(
        _ name: KeyName, _ tenant: TenantID, _ bodyHash: [UInt8], to node: UInt16, now: Int64
    ) -> Entry? {
        if entry(name, tenant, now) == nil {
            insert(name, tenant, bodyHash, .passedOn(node), since: now)
        }
        guard let entry = shares[tenant]?.entries[name] else { return nil }
        switch entry.outcome {
        case .running: return nil
        case .open, .passedOn: shares[tenant]?.entries[name]?.outcome = .passedOn(node)
        case .response, .refusal, .queued: break
        }
        return entry
    }

    /// The key came back: it is begun here, whatever was passed on.
    mutating func takeBack(_ name: KeyName, _ tenant: TenantID) {
        if case .passedOn? = shares[tenant]?.entries[name]?.outcome {
            shares[tenant]?.entries[name]?.outcome = .open
        }
    }

    private mutating func grow(_ name: KeyName, _ tenant: TenantID, _ bytes: Int) {
        shares[tenant]?.entries[name]?.sizeBytes += bytes
        add(bytes, to: tenant)
    }

    private mutating func add(_ bytes: Int, to tenant: TenantID) {
        shares[tenant]?.sizeBytes += bytes
        sizeBytes += bytes
    }

    private mutating func remove(_ name: KeyName, _ tenant: TenantID) {
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
        var running: [(name: KeyName, serial: Int)] = []
        while let share = shares[tenant]?.sizeBytes, share > maxBytes,
            let oldest = shares[tenant]?.order.popFirst()
        {
            guard let entry = shares[tenant]?.entries[oldest.name], entry.serial == oldest.serial else {
                continue
            }
            if case .running = entry.outcome { running.append(oldest) } else { remove(oldest.name, tenant) }
        }
        guard !running.isEmpty, let order = shares[tenant]?.order else { return }
        shares[tenant]?.order = running + order
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
    private mutating func sweep(_ now: Int64) {
        guard lastSweep.map({ now - $0 >= Self.sweepsEveryMilliseconds }) ?? true else { return }
        lastSweep = now
        for tenant in Array(shares.keys) {
            while let oldest = shares[tenant]?.order.first {
                let entry = shares[tenant]?.entries[oldest.name]
                if let entry, entry.serial == oldest.serial {
                    guard now &- entry.since > limits.keptForMilliseconds else { break }
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
