import TestSupport

/// A resource record set at Cloud DNS.
package struct CloudDNSSet: Sendable, Equatable {
    package struct Key: Hashable, Sendable {
        package let name: RecordName
        package let type: String
    }

    package let key: Key
    package let ttl: Int
    /// As the service gives them back: strings of TXT records in quotation marks.
    package let rrdatas: [String]
    let data: [RecordData]
    /// It has a routing policy with these data in place of data of its own.
    var isRouted = false

    private static let maxRecords = 100

    /// - Parameter path: of the set in the request, for errors.
    init(_ json: JSONValue, in zone: RecordName, path: String) throws(CloudDNSError) {
        guard case .object(let members) = json else { throw .required(path) }
        let known = ["kind", "name", "type", "ttl", "rrdatas", "signatureRrdatas", "routingPolicy"]
        guard members.keys.allSatisfy(known.contains) else {
            throw .invalid(path, "\(members.keys.filter { !known.contains($0) }.sorted())")
        }
        guard json["routingPolicy"] == .null else {
            throw .invalid("\(path).routingPolicy", "not played here")
        }
        guard let text = json["name"].text else { throw .required("\(path).name") }
        guard text.hasSuffix("."), let name = RecordName(text), name.isWithin(zone) else {
            throw .invalid("\(path).name", text)
        }
        guard let type = json["type"].text else { throw .required("\(path).type") }
        guard RecordData.types.contains(type) || type == "SOA" else { throw .invalid("\(path).type", type) }
        key = Key(name: name, type: type)
        ttl = try Self.ttl(json["ttl"], path)
        let texts = json["rrdatas"].elements
        guard !texts.isEmpty else { throw .required("\(path).rrdatas") }
        guard texts.count <= Self.maxRecords else {
            throw CloudDNSError(
                403, "quotaExceeded", "The quota 'resourceRecordsPerRrset' is exceeded: \(texts.count)")
        }
        (rrdatas, data) = try Self.checked(texts, type, path)
    }

    init(key: Key, ttl: Int, rrdatas: [String], data: [RecordData]) {
        self.key = key
        self.ttl = ttl
        self.rrdatas = rrdatas
        self.data = data
    }

    /// Clients send the number, or its digits in a string.
    private static func ttl(_ value: JSONValue, _ path: String) throws(CloudDNSError) -> Int {
        let number =
            switch value {
            case .integer(let number): Optional(number)
            case .string(let digits): Int(digits)
            default: Int?.none
            }
        guard value != .null else { throw .required("\(path).ttl") }
        guard let number, (0...2_147_483_647).contains(number) else {
            throw .invalid("\(path).ttl", "\(value)")
        }
        return number
    }

    private static func checked(
        _ texts: [JSONValue], _ type: String, _ path: String
    ) throws(CloudDNSError) -> ([String], [RecordData]) {
        var (rrdatas, data): ([String], [RecordData]) = ([], [])
        for (index, value) in texts.enumerated() {
            let place = "\(path).rrdata[\(index)]"
            guard let text = value.text else { throw .invalid(place, "\(value)") }
            if type == "SOA" {
                rrdatas.append(text)
                continue
            }
            guard let record = try? RecordData(type: type, text: text, form: .zoneFile, needsDot: true),
                !data.contains(record)
            else { throw .invalid(place, text) }
            data.append(record)
            rrdatas.append(record.strings.map { CharacterStrings.text($0) } ?? record.zoneText)
        }
        guard type != "CNAME" || data.count == 1 else { throw .invalid("\(path).rrdata", "more than one") }
        return (rrdatas, data)
    }

    /// Whether a deletion means this set: lifetime and data are the same, in any order.
    func isExactly(_ other: CloudDNSSet) -> Bool {
        !isRouted && ttl == other.ttl && rrdatas.sorted() == other.rrdatas.sorted()
    }

    var json: JSONValue {
        let data = JSONValue.array(rrdatas.map(JSONValue.string))
        var members: [String: JSONValue] = [
            "kind": "dns#resourceRecordSet", "name": .string(key.name.absolute), "type": .string(key.type),
            "ttl": .integer(ttl), "signatureRrdatas": [],
        ]
        if isRouted {
            let item: JSONValue = [
                "kind": "dns#rRSetRoutingPolicyWrrPolicyWrrPolicyItem", "weight": 1, "rrdatas": data,
            ]
            members["routingPolicy"] = ["kind": "dns#rRSetRoutingPolicy", "wrr": ["items": [item]]]
            members["rrdatas"] = []
        } else {
            members["rrdatas"] = data
        }
        return .object(members)
    }
}
