/// Where something stands in a snapshot: in which part, at which tenant of it, as which of its kind there.
struct SnapshotPlace: Equatable, Sendable {
    var slot: Int32
    var tenant: Int32 = 0
    var item: Int32 = 0
}

/// Finds places by what is asked for, over all parts.
///
/// Made of many small tables, of which a changed snapshot copies those alone that a changed part concerns: a
/// version costs what has changed in it, not what there is.
struct SnapshotIndex<Key: Hashable & Sendable>: Sendable {
    private static var tableCount: Int { 4_096 }
    private var tables: [[Key: SnapshotPlace]]

    init() { tables = Array(repeating: [:], count: Self.tableCount) }

    subscript(key: Key) -> SnapshotPlace? { tables[Self.table(of: key)][key] }

    mutating func put(_ key: Key, _ place: SnapshotPlace) {
        let table = Self.table(of: key)
        // Looked at first: a write copies a table that another snapshot shares.
        if tables[table][key] != place { tables[table][key] = place }
    }

    mutating func remove(_ key: Key) {
        let table = Self.table(of: key)
        if tables[table][key] != nil { tables[table][key] = nil }
    }

    private static func table(of key: Key) -> Int {
        Int(truncatingIfNeeded: UInt(bitPattern: key.hashValue) >> 20) & (tableCount - 1)
    }
}

/// The four ways to a tenant, and the one to its suppressions.
struct SnapshotLookups: Sendable {
    var tenants = SnapshotIndex<TenantID>()
    var apiKeys = SnapshotIndex<SecretHash>()
    /// By the username in lower case.
    var credentials = SnapshotIndex<String>()
    var domains = SnapshotIndex<String>()
    var suppressions = SnapshotIndex<TenantID>()

    /// Makes what leads to one part of a slot lead to another.
    mutating func replace(_ old: SnapshotPart?, by new: SnapshotPart?, slot: Int) {
        let slot = Int32(clamping: slot)
        if let new { put(new, slot) }
        if let old { removeWhatIsGone(old, new, slot) }
    }

    private mutating func put(_ part: SnapshotPart, _ slot: Int32) {
        for (number, tenant) in part.content.tenants.enumerated() {
            var place = SnapshotPlace(slot: slot, tenant: Int32(clamping: number))
            tenants.put(tenant.id, place)
            for (item, domain) in tenant.domains.enumerated() {
                place.item = Int32(clamping: item)
                domains.put(domain.name, place)
            }
            for (item, key) in tenant.apiKeys.enumerated() {
                place.item = Int32(clamping: item)
                apiKeys.put(key.hash, place)
            }
            for (item, credential) in tenant.credentials.enumerated() {
                place.item = Int32(clamping: item)
                credentials.put(credential.username.lowercased(), place)
            }
        }
        for tenant in (part.content.suppressions?.hashes ?? [:]).keys {
            suppressions.put(tenant, SnapshotPlace(slot: slot))
        }
    }

    /// What leads to this slot still and finds something else there, or nothing, belongs to the part before.
    private mutating func removeWhatIsGone(_ old: SnapshotPart, _ new: SnapshotPart?, _ slot: Int32) {
        let now = new?.content.tenants ?? []
        func tenant(at place: SnapshotPlace?) -> (TenantRecord, Int)?? {
            guard let place, place.slot == slot else { return .none }
            guard now.indices.contains(Int(place.tenant)) else { return .some(nil) }
            return (now[Int(place.tenant)], Int(place.item))
        }
        for before in old.content.tenants {
            if let found = tenant(at: tenants[before.id]), found?.0.id != before.id {
                tenants.remove(before.id)
            }
            for domain in before.domains {
                guard let found = tenant(at: domains[domain.name]) else { continue }
                if found?.0.domains.element(found?.1)?.name != domain.name { domains.remove(domain.name) }
            }
            for key in before.apiKeys {
                guard let found = tenant(at: apiKeys[key.hash]) else { continue }
                if found?.0.apiKeys.element(found?.1)?.hash != key.hash { apiKeys.remove(key.hash) }
            }
            for credential in before.credentials {
                let name = credential.username.lowercased()
                guard let found = tenant(at: credentials[name]) else { continue }
                if found?.0.credentials.element(found?.1)?.username.lowercased() != name {
                    credentials.remove(name)
                }
            }
        }
        let lists = new?.content.suppressions?.hashes ?? [:]
        for tenant in (old.content.suppressions?.hashes ?? [:]).keys
        where suppressions[tenant]?.slot == slot && lists[tenant] == nil { suppressions.remove(tenant) }
    }
}

extension Array {
    /// Nil for an index that is none.
    func element(_ index: Int?) -> Element? {
        guard let index, indices.contains(index) else { return nil }
        return self[index]
    }
}
