import HTTP

/// The lists of Route 53, each with its own way of paging.
enum Route53Lists {
    private static let maxZones = 100
    private static let maxSets = 300

    /// By id, from `marker` on.
    static func zones(_ zones: [Route53Zone], _ query: QueryItems) throws(Route53Error) -> XMLElement {
        try check(query, ["marker", "maxitems", "delegationsetid", "hostedzonetype"])
        let size = try maxItems(query, maxZones)
        var listed = zones.sorted { $0.id < $1.id }
        if let type = query["hostedzonetype"] {
            guard type == "PrivateHostedZone" else { throw .input("Invalid hosted zone type: \(type)") }
            listed = listed.filter(\.isPrivate)
        }
        if let marker = query["marker"], !marker.isEmpty {
            guard listed.contains(where: { $0.id == marker }) else {
                throw .input("The specified marker is not valid: \(marker)")
            }
            listed = Array(listed.drop { $0.id < marker })
        }
        var children = [XMLElement("HostedZones", listed.prefix(size).map(\.element))]
        if let marker = query["marker"] { children.append(XMLElement("Marker", text: marker)) }
        children.append(XMLElement("IsTruncated", text: String(listed.count > size)))
        if listed.count > size { children.append(XMLElement("NextMarker", text: listed[size].id)) }
        children.append(XMLElement("MaxItems", text: String(size)))
        return XMLElement("ListHostedZonesResponse", children)
    }

    /// By name from the right, from `dnsname` on; it is a place to begin at, no filter.
    static func zonesByName(_ zones: [Route53Zone], _ query: QueryItems) throws(Route53Error) -> XMLElement {
        try check(query, ["dnsname", "hostedzoneid", "maxitems"])
        let size = try maxItems(query, maxZones)
        var listed = zones.sorted { left, right in
            left.name == right.name ? left.id < right.id : left.name.precedes(right.name)
        }
        var children: [XMLElement] = []
        if let text = query["dnsname"] {
            guard let start = RecordName(text) else {
                throw Route53Error(400, "InvalidDomainName", "The domain name \(text) is invalid.")
            }
            let id = query["hostedzoneid"]
            listed = Array(
                listed.drop { zone in
                    zone.name.precedes(start) || (zone.name == start && id.map { zone.id < $0 } ?? false)
                })
            children.append(XMLElement("DNSName", text: start.absolute))
        } else if query["hostedzoneid"] != nil {
            throw .input("hostedzoneid needs dnsname")
        }
        children.insert(XMLElement("HostedZones", listed.prefix(size).map(\.element)), at: 0)
        children.append(XMLElement("IsTruncated", text: String(listed.count > size)))
        if listed.count > size {
            children.append(XMLElement("NextDNSName", text: listed[size].name.absolute))
            children.append(XMLElement("NextHostedZoneId", text: listed[size].id))
        }
        children.append(XMLElement("MaxItems", text: String(size)))
        return XMLElement("ListHostedZonesByNameResponse", children)
    }

    /// From `name`, `type` and `identifier` on; whatever comes behind is listed too.
    static func sets(_ zone: Route53Zone, _ query: QueryItems) throws(Route53Error) -> XMLElement {
        try check(query, ["name", "type", "identifier", "maxitems"])
        let size = try maxItems(query, maxSets)
        guard query["type"] == nil || query["name"] != nil else {
            throw .input("The input is not valid: type needs name")
        }
        guard query["identifier"] == nil || query["type"] != nil else {
            throw .input("The input is not valid: identifier needs type")
        }
        var listed = zone.listed
        if let text = query["name"] {
            guard let name = RecordName(text.replacing("\\052", with: "*")) else {
                throw .input("The name \(text) is invalid")
            }
            let start = Route53Set.Key(name: name, type: query["type"] ?? "", identifier: query["identifier"])
            listed = Array(listed.drop { $0.key.precedes(start) })
        }
        var children = [XMLElement("ResourceRecordSets", listed.prefix(size).map(\.element))]
        children.append(XMLElement("IsTruncated", text: String(listed.count > size)))
        if listed.count > size {
            let next = listed[size].key
            children.append(XMLElement("NextRecordName", text: next.name.absolute))
            children.append(XMLElement("NextRecordType", text: next.type))
            if let identifier = next.identifier {
                children.append(XMLElement("NextRecordIdentifier", text: identifier))
            }
        }
        children.append(XMLElement("MaxItems", text: String(size)))
        return XMLElement("ListResourceRecordSetsResponse", children)
    }

    static func check(_ query: QueryItems, _ known: Set<String>) throws(Route53Error) {
        let unknown = query.names.filter { !known.contains($0) }
        guard unknown.isEmpty else { throw .input("Unknown parameters: \(unknown)") }
    }

    /// More than the service's own maximum gives the maximum.
    private static func maxItems(_ query: QueryItems, _ maximum: Int) throws(Route53Error) -> Int {
        guard let text = query["maxitems"] else { return maximum }
        guard let number = Int(text), number >= 1 else { throw .input("maxitems must be a positive number") }
        return min(number, maximum)
    }
}
