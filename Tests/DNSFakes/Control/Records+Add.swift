import TestSupport

/// Records of an order or an edit in each service's own form, under its own checks.
extension CloudflareZone {
    mutating func add(_ records: ZoneOrder.Records) throws(CloudflareError) {
        for value in records.values {
            var members: [String: JSONValue] = [
                "name": .string(RecordName(records.name)?.description ?? records.name),
                "type": .string(records.type), "content": .string(value),
                "ttl": .integer(records.ttl ?? 1),
            ]
            let words = value.split(separator: " ").map(String.init)
            if records.type == "MX", words.count == 2 {
                members["content"] = .string(words[1])
                members["priority"] = Int(words[0]).map(JSONValue.integer) ?? .null
            }
            if let comment = records.comment { members["comment"] = .string(comment) }
            if let proxied = records.proxied { members["proxied"] = .bool(proxied) }
            let made = try create(
                CloudflareInput(.object(members)), id: CloudflareState.newID(), now: Clock.timestamp())
            if records.readOnly == true { protect(made.id) }
        }
    }

    mutating func exchange(_ records: ZoneOrder.Records) throws(CloudflareError) {
        let name = RecordName(records.name)
        var copy = self
        copy.records.removeAll { $0.name == name && $0.type == records.type }
        try copy.add(records)
        self = copy
    }
}

extension Route53Zone {
    mutating func add(_ records: ZoneOrder.Records) throws(Route53Error) {
        let change = XMLElement(
            "Change", [XMLElement("Action", text: "CREATE"), Self.element(records)])
        try apply(XMLElement("ChangeBatch", [XMLElement("Changes", [change])]))
        if records.isProtected == true { protect(records) }
    }

    mutating func exchange(_ records: ZoneOrder.Records) throws(Route53Error) {
        let name = RecordName(records.name)
        var copy = self
        copy.sets.removeAll { set in
            set.key.name == name && set.key.type == records.type
                && set.key.identifier == records.setIdentifier
        }
        if !records.values.isEmpty || records.alias != nil { try copy.add(records) }
        self = copy
    }

    private static func element(_ records: ZoneOrder.Records) -> XMLElement {
        var children = [XMLElement("Name", text: records.name), XMLElement("Type", text: records.type)]
        if let identifier = records.setIdentifier {
            children.append(XMLElement("SetIdentifier", text: identifier))
            children.append(
                records.weight.map { XMLElement("Weight", text: String($0)) }
                    ?? XMLElement("MultiValueAnswer", text: "true"))
        }
        if let alias = records.alias {
            children.append(
                XMLElement(
                    "AliasTarget",
                    [
                        XMLElement("HostedZoneId", text: "Z2FDTNDATAQYW2"),
                        XMLElement("DNSName", text: alias),
                        XMLElement("EvaluateTargetHealth", text: "false"),
                    ]))
        } else {
            let values = records.values.map { XMLElement("ResourceRecord", [XMLElement("Value", text: $0)]) }
            children.append(XMLElement("TTL", text: String(records.ttl ?? 300)))
            children.append(XMLElement("ResourceRecords", values))
        }
        return XMLElement("ResourceRecordSet", children)
    }
}

extension CloudDNSZone {
    mutating func add(_ records: ZoneOrder.Records) throws(CloudDNSError) {
        let set: JSONValue = [
            "name": .string(records.name.hasSuffix(".") ? records.name : records.name + "."),
            "type": .string(records.type), "ttl": .integer(records.ttl ?? 300),
            "rrdatas": .array(records.values.map(JSONValue.string)),
        ]
        _ = try apply(["additions": [set]], now: Clock.milliseconds())
        if records.weight != nil, let name = RecordName(records.name) { route([name]) }
    }

    mutating func exchange(_ records: ZoneOrder.Records) throws(CloudDNSError) {
        let name = RecordName(records.name)
        var copy = self
        copy.sets.removeAll { $0.key.name == name && $0.key.type == records.type }
        if !records.values.isEmpty { try copy.add(records) }
        self = copy
    }
}
