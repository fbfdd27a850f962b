/// A resource record set at Route 53.
package struct Route53Set: Sendable, Equatable {
    package struct Key: Hashable, Sendable {
        package let name: RecordName
        package let type: String
        /// Of sets that are routed by weight, place or answer.
        package let identifier: String?
    }

    package let key: Key
    package let ttl: Int
    /// As they were written.
    package let values: [String]
    /// What else it said (`Weight`, `MultiValueAnswer`, `AliasTarget`), given back as it came.
    package let extras: [XMLElement]
    let data: [RecordData]

    private static let maxValues = 400

    /// What the sets of one name and type have in common is checked by the zone; this checks one set alone.
    init(_ element: XMLElement, in zone: RecordName) throws(Route53Error) {
        let order = [
            "Name", "Type", "SetIdentifier", "Weight", "Region", "GeoLocation", "Failover",
            "MultiValueAnswer",
            "TTL", "ResourceRecords", "AliasTarget", "HealthCheckId", "TrafficPolicyInstanceId",
            "CidrRoutingConfig",
        ]
        try Route53Order.check(element, order)
        guard let text = element.text("Name"), let type = element.text("Type") else { throw .malformedXML }
        guard let name = RecordName(text.replacing("\\052", with: "*")) else {
            throw .invalidBatch(["FATAL problem: DomainLabelTooLong or unsupported character in \(text)"])
        }
        guard name.isWithin(zone) else {
            throw .invalidBatch([
                "RRSet with DNS name \(name.absolute) is not permitted in zone \(zone.absolute)"
            ])
        }
        key = Key(name: name, type: type, identifier: element.text("SetIdentifier"))
        extras = element.children.filter { !["Name", "Type", "TTL", "ResourceRecords"].contains($0.name) }
        if element["AliasTarget"] != nil {
            guard element["TTL"] == nil, element["ResourceRecords"] == nil else {
                throw .input("Invalid request: an alias has neither TTL nor ResourceRecords")
            }
            (ttl, values, data) = (0, [], [])
            return
        }
        guard let ttlText = element.text("TTL"), let records = element["ResourceRecords"] else {
            throw .input(
                "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
                    + "ResourceRecords], or TrafficPolicyInstanceId], but found none in Change "
                    + "with [Action=, Name=\(text), Type=\(type), SetIdentifier=null]"
            )
        }
        guard let ttl = Int(ttlText), (0...2_147_483_647).contains(ttl) else {
            throw .input("Value '\(ttlText)' at 'TTL' failed to satisfy constraint")
        }
        self.ttl = ttl
        values = try Self.values(of: records)
        data = try Self.checked(values, type: type, name: name)
    }

    /// One of the sets that every zone has.
    init(own type: String, of zone: RecordName, ttl: Int, values: [String]) {
        key = Key(name: zone, type: type, identifier: nil)
        (self.ttl, self.values, extras, data) = (ttl, values, [], [])
    }

    private static func values(of records: XMLElement) throws(Route53Error) -> [String] {
        guard !records.children.isEmpty, records.children.count <= maxValues else { throw .malformedXML }
        var values: [String] = []
        for record in records.children {
            guard record.name == "ResourceRecord", record.children.map(\.name) == ["Value"],
                let value = record.text("Value")
            else { throw .malformedXML }
            guard value.unicodeScalars.count <= 4_000 else {
                throw .input(
                    "Value at 'value' failed to satisfy constraint: length less than or equal to 4000")
            }
            values.append(value)
        }
        return values
    }

    private static func checked(
        _ values: [String], type: String, name: RecordName
    ) throws(Route53Error) -> [RecordData] {
        var data: [RecordData] = []
        var problems: [String] = []
        for value in values {
            do throws(RecordFault) {
                data.append(try RecordData(type: type, text: value, form: .route53))
            } catch {
                problems.append(problem(error, type, value))
            }
        }
        if problems.isEmpty, Set(data).count != data.count {
            problems.append("Duplicate Resource Record: '\(values[0])'")
        }
        if problems.isEmpty, type == "CNAME", data.count > 1 {
            problems.append("CNAME can have only one value: \(name.absolute)")
        }
        guard problems.isEmpty else { throw .invalidBatch(problems) }
        return data
    }

    private static func problem(_ fault: RecordFault, _ type: String, _ value: String) -> String {
        let what =
            switch fault {
            case .unknownType: "UnsupportedRRType (\(type) is not played here)"
            case .malformed(let expected):
                type == "A" || type == "AAAA"
                    ? "ARRDATAIllegalIPv4Address (Value is not a valid IP address: expected \(expected))"
                    : "RRDATANotSingleField (Value is invalid: expected \(expected))"
            case .strings(.notQuoted), .strings(.unbalanced):
                "InvalidCharacterString (Value should be enclosed in quotation marks)"
            case .strings(.tooLong): "CharacterStringTooLong (Value is too long)"
            case .strings(.badEscape): "InvalidCharacterString (Value contains an invalid escape)"
            case .strings(.unsupportedCharacter):
                "UnsupportedCharacter (Value contains unsupported characters)"
            }
        return "Invalid Resource Record: 'FATAL problem: \(what) encountered with '\(value)''"
    }

    /// Whether `DELETE` of `other` means this set: lifetime and values are the same, in any order.
    func isExactly(_ other: Route53Set) -> Bool {
        ttl == other.ttl && values.sorted() == other.values.sorted() && extras == other.extras
    }

    var element: XMLElement {
        var children = [
            XMLElement("Name", text: key.name.absolute.replacing("*", with: "\\052")),
            XMLElement("Type", text: key.type),
        ]
        children += extras.filter { $0.name != "AliasTarget" }
        if values.isEmpty {
            children += extras.filter { $0.name == "AliasTarget" }
        } else {
            children.append(XMLElement("TTL", text: String(ttl)))
            children.append(
                XMLElement(
                    "ResourceRecords",
                    values.map { XMLElement("ResourceRecord", [XMLElement("Value", text: $0)]) }))
        }
        return XMLElement("ResourceRecordSet", children)
    }
}

/// Elements stand in the order of the schema, each once at most.
enum Route53Order {
    static func check(_ element: XMLElement, _ order: [String]) throws(Route53Error) {
        var next = 0
        for child in element.children {
            guard let place = order[next...].firstIndex(of: child.name) else { throw .malformedXML }
            next = place + 1
        }
    }
}
