/// A hosted zone with its sets.
package struct Route53Zone: Sendable {
    /// Without `/hostedzone/`.
    package let id: String
    package let name: RecordName
    package let isPrivate: Bool
    package let nameServers: [String]
    /// Whether the name servers serve it.
    package let isDelegated: Bool
    package var sets: [Route53Set] = []
    /// Sets under a protection.
    var protected: Set<Route53Set.Key> = []

    private static let maxElements = 1_000
    private static let maxCharacters = 32_000

    var element: XMLElement {
        XMLElement(
            "HostedZone",
            [
                XMLElement("Id", text: "/hostedzone/\(id)"), XMLElement("Name", text: name.absolute),
                XMLElement("CallerReference", text: "fake-\(id)"),
                XMLElement(
                    "Config",
                    [XMLElement("Comment", text: ""), XMLElement("PrivateZone", text: String(isPrivate))]),
                // The name servers and the start of authority are sets too.
                XMLElement("ResourceRecordSetCount", text: String(listed.count)),
            ])
    }

    var served: [ServedRecord] {
        sets.flatMap { set in
            set.data.map { ServedRecord(name: set.key.name, ttlSeconds: set.ttl, data: $0) }
        }
    }

    /// As the service lists them: by labels from the right, then type, then identifier.
    var listed: [Route53Set] {
        let start =
            "\(nameServers.first ?? "ns"). awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
        let own = [
            Route53Set(own: "NS", of: name, ttl: 172_800, values: nameServers.map { "\($0)." }),
            Route53Set(own: "SOA", of: name, ttl: 900, values: [start]),
        ]
        return (sets + own).sorted { $0.key.precedes($1.key) }
    }

    /// Lets no change touch the set from now on.
    mutating func protect(_ records: ZoneOrder.Records) {
        guard let name = RecordName(records.name) else { return }
        protected.insert(.init(name: name, type: records.type, identifier: records.setIdentifier))
    }

    /// Applies all changes or none.
    mutating func apply(_ batch: XMLElement) throws(Route53Error) {
        try Route53Order.check(batch, ["Comment", "Changes"])
        guard let changes = batch["Changes"]?.children, !changes.isEmpty else { throw .malformedXML }
        var copy = self
        var problems: [String] = []
        var elements = 0
        var characters = 0
        for change in changes {
            guard change.name == "Change", change.children.map(\.name) == ["Action", "ResourceRecordSet"],
                let action = change.text("Action"), ["CREATE", "DELETE", "UPSERT"].contains(action),
                let element = change["ResourceRecordSet"]
            else { throw .malformedXML }
            do throws(Route53Error) {
                let set = try Route53Set(element, in: name)
                let weight = action == "UPSERT" ? 2 : 1
                elements += weight * max(1, set.values.count)
                characters += weight * set.values.reduce(0) { $0 + $1.count }
                try copy.apply(action, set)
            } catch {
                guard error.code == "InvalidChangeBatch" else { throw error }
                problems += error.messages
            }
        }
        guard elements <= Self.maxElements else {
            throw .invalidBatch(["Number of records limit of \(Self.maxElements) exceeded."])
        }
        guard characters <= Self.maxCharacters else {
            throw .invalidBatch(["Number of characters limit of \(Self.maxCharacters) exceeded."])
        }
        guard problems.isEmpty else { throw .invalidBatch(problems) }
        self = copy
    }

    private mutating func apply(_ action: String, _ set: Route53Set) throws(Route53Error) {
        let label =
            "[name='\(set.key.name.absolute)', type='\(set.key.type)'"
            + (set.key.identifier.map { ", set identifier='\($0)'" } ?? "") + "]"
        if set.key.name == name, set.key.type == "NS" || set.key.type == "SOA" {
            throw .invalidBatch(["The zone's own \(set.key.type) set cannot be changed here: \(label)"])
        }
        guard !protected.contains(set.key) else {
            throw .invalidBatch(["The resource record set \(label) is protected and cannot be changed"])
        }
        let old = sets.first { $0.key == set.key }
        switch action {
        case "DELETE":
            guard let old else {
                throw .invalidBatch(["Tried to delete resource record set \(label) but it was not found"])
            }
            guard old.isExactly(set) else {
                throw .invalidBatch([
                    "Tried to delete resource record set \(label) but the values provided do not match the "
                        + "current values"
                ])
            }
            sets.removeAll { $0.key == set.key }
        default:
            guard action == "UPSERT" || old == nil else {
                throw .invalidBatch(["Tried to create resource record set \(label) but it already exists"])
            }
            sets.removeAll { $0.key == set.key }
            try check(set)
            sets.append(set)
        }
    }

    /// Whether the set may stand beside the others.
    private func check(_ set: Route53Set) throws(Route53Error) {
        let others = sets.filter { $0.key.name == set.key.name }
        if others.contains(where: { other in
            other.key.type == set.key.type && (other.key.identifier == nil) != (set.key.identifier == nil)
        }) {
            throw .invalidBatch([
                "RRSet with DNS name \(set.key.name.absolute), type \(set.key.type), SetIdentifier "
                    + "\(set.key.identifier ?? "null") cannot be created because a non multivalue answer "
                    + "rrset exists with the same name and type."
            ])
        }
        let named = "RRSet of type \(set.key.type) with DNS name \(set.key.name.absolute) is not permitted "
        if set.key.type == "CNAME" {
            guard set.key.name != name else {
                throw .invalidBatch([named + "at apex in zone \(name.absolute)"])
            }
            if others.contains(where: { $0.key.type != "CNAME" }) {
                throw .invalidBatch([
                    named
                        + "as it conflicts with other records with the same DNS name in zone "
                        + name.absolute
                ])
            }
        } else if others.contains(where: { $0.key.type == "CNAME" }) {
            throw .invalidBatch([
                named
                    + "because a conflicting RRSet of type CNAME with the same DNS name already exists in "
                    + "zone \(name.absolute)"
            ])
        }
    }
}

extension Route53Set.Key {
    func precedes(_ other: Route53Set.Key) -> Bool {
        if name != other.name { return name.precedes(other.name) }
        return (type, identifier ?? "") < (other.type, other.identifier ?? "")
    }
}
