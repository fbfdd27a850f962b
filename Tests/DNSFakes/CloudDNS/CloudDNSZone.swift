import TestSupport

/// A managed zone with its sets and its changes.
package struct CloudDNSZone: Sendable {
    /// A change as callers read it.
    struct Change: Sendable {
        let id: String
        let startTime: String
        let additions: [CloudDNSSet]
        let deletions: [CloudDNSSet]
        /// Of the propagation; nil until it has begun.
        var number: Int?
        var isDone: Bool

        var json: JSONValue {
            [
                "kind": "dns#change", "id": .string(id), "startTime": .string(startTime),
                "status": .string(isDone ? "done" : "pending"), "isServing": true,
                "additions": .array(additions.map(\.json)), "deletions": .array(deletions.map(\.json)),
            ]
        }
    }

    /// Decimal digits.
    package let id: String
    /// What callers name it by.
    package let name: String
    package let dnsName: RecordName
    package let isPrivate: Bool
    package let nameServers: [String]
    /// Whether the name servers serve it.
    package let isDelegated: Bool
    package var sets: [CloudDNSSet] = []
    var changes: [Change] = []

    private static let maxChangesInOne = 1_000

    var json: JSONValue {
        [
            "kind": "dns#managedZone", "id": .string(id), "name": .string(name),
            "dnsName": .string(dnsName.absolute), "description": "",
            "visibility": isPrivate ? "private" : "public",
            "nameServers": .array(nameServers.map { .string("\($0).") }),
            "creationTime": "2026-01-01T00:00:00.000Z",
        ]
    }

    /// With the zone's own sets, in the order of names and types.
    var listed: [CloudDNSSet] {
        let servers = CloudDNSSet(
            key: .init(name: dnsName, type: "NS"), ttl: 21_600, rrdatas: nameServers.map { "\($0)." },
            data: [])
        let start = CloudDNSSet(
            key: .init(name: dnsName, type: "SOA"), ttl: 21_600,
            rrdatas: [
                "\(nameServers.first ?? "ns"). cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"
            ],
            data: [])
        return (sets + [servers, start]).sorted { left, right in
            if left.key.name == right.key.name { return left.key.type < right.key.type }
            if left.key.name == dnsName || right.key.name == dnsName { return left.key.name == dnsName }
            return left.key.name.description < right.key.name.description
        }
    }

    var served: [ServedRecord] {
        sets.flatMap { set in
            set.data.map { ServedRecord(name: set.key.name, ttlSeconds: set.ttl, data: $0) }
        }
    }

    /// Deletions, then additions; all or none.
    mutating func apply(_ json: JSONValue, now: String) throws(CloudDNSError) -> Change {
        guard case .object(let members) = json else { throw .notJSON }
        let known = ["additions", "deletions", "kind", "id", "startTime", "status", "isServing"]
        guard members.keys.allSatisfy(known.contains) else {
            throw .invalid("entity.change", "\(members.keys.filter { !known.contains($0) }.sorted())")
        }
        let additions = try Self.sets(json["additions"], "additions", dnsName)
        let deletions = try Self.sets(json["deletions"], "deletions", dnsName)
        guard !additions.isEmpty || !deletions.isEmpty else { throw .required("entity.change") }
        var copy = self
        for (index, set) in deletions.enumerated() {
            try copy.delete(set, "entity.change.deletions[\(index)]")
        }
        for (index, set) in additions.enumerated() {
            try copy.add(set, "entity.change.additions[\(index)]")
        }
        let change = Change(
            id: String(changes.count + 1), startTime: now, additions: additions, deletions: deletions,
            number: nil, isDone: false)
        copy.changes.append(change)
        self = copy
        return change
    }

    /// Gives the sets of these names a routing policy.
    mutating func route(_ names: Set<RecordName>) {
        for index in sets.indices where names.contains(sets[index].key.name) { sets[index].isRouted = true }
    }

    private static func sets(
        _ json: JSONValue, _ name: String, _ zone: RecordName
    ) throws(CloudDNSError) -> [CloudDNSSet] {
        guard json.elements.count <= maxChangesInOne else {
            throw CloudDNSError(
                403, "quotaExceeded", "The quota of \(name) in one change is exceeded.")
        }
        var sets: [CloudDNSSet] = []
        for (index, element) in json.elements.enumerated() {
            sets.append(try CloudDNSSet(element, in: zone, path: "entity.change.\(name)[\(index)]"))
        }
        return sets
    }

    private mutating func delete(_ set: CloudDNSSet, _ path: String) throws(CloudDNSError) {
        let label = "\(set.key.name.absolute) (\(set.key.type))"
        if isOwn(set) {
            throw CloudDNSError(
                400, "containsRequiredSet",
                "The resource record set '\(label)' is required and cannot be deleted.")
        }
        guard let old = sets.first(where: { $0.key == set.key }) else {
            throw CloudDNSError(404, "notFound", "The '\(path)' resource named '\(label)' does not exist.")
        }
        guard old.isExactly(set) else {
            throw CloudDNSError(412, "conditionNotMet", "Precondition not met for '\(path)'")
        }
        sets.removeAll { $0.key == set.key }
    }

    private mutating func add(_ set: CloudDNSSet, _ path: String) throws(CloudDNSError) {
        let label = "\(set.key.name.absolute) (\(set.key.type))"
        guard !isOwn(set), !sets.contains(where: { $0.key == set.key }) else {
            throw CloudDNSError(
                409, "alreadyExists", "The resource '\(path)' named '\(label)' already exists")
        }
        let others = sets.filter { $0.key.name == set.key.name }
        let hasAlias = others.contains { $0.key.type == "CNAME" }
        if hasAlias || (set.key.type == "CNAME" && (!others.isEmpty || set.key.name == dnsName)) {
            throw CloudDNSError(
                400, "cnameResourceRecordSetConflict",
                "The resource record set '\(path)' is invalid because the DNS name "
                    + "'\(set.key.name.absolute)' may have either one CNAME resource record set or resource "
                    + "record sets of other types, but not both.")
        }
        sets.append(set)
    }

    private func isOwn(_ set: CloudDNSSet) -> Bool {
        set.key.name == dnsName && (set.key.type == "NS" || set.key.type == "SOA")
    }
}
