/// A `ResourceRecordSet` of Route 53: with a routing policy several of them stand at one name and type.
struct Route53Row: Sendable {
    let key: RecordKey
    let ttlSeconds: Int?
    let values: [RecordValue]
    let lockedReason: String?

    init(_ element: XMLElement) {
        let key = RecordKey(Route53Name.decode(element.text("Name") ?? ""), element.text("Type") ?? "")
        self.key = key
        ttlSeconds = element.text("TTL").flatMap { Int($0) }
        values = (element["ResourceRecords"]?.all("ResourceRecord") ?? []).compactMap { record in
            record.text("Value").map { RecordValue(Self.content($0, key.type), raw: $0) }
        }
        lockedReason = Self.lockedReason(element)
    }

    private static func content(_ value: String, _ type: String) -> RecordContent {
        switch type {
        case "TXT": .txt(TXTCodec.decode(value, .octal))
        case "MX": RecordContent(mailHost: value)
        case "CNAME": .cname(RecordKey.normal(value))
        default: .other(value)
        }
    }

    private static func lockedReason(_ element: XMLElement) -> String? {
        if element["AliasTarget"] != nil { return "the record is an alias of Route 53" }
        if element["TrafficPolicyInstanceId"] != nil { return "a traffic policy makes the record" }
        if element["SetIdentifier"] != nil { return "the record has a routing policy" }
        return nil
    }

    /// One set for each type.
    static func sets(_ rows: [Route53Row]) -> [RecordSet] {
        var sets: [RecordSet] = []
        for row in rows {
            if let index = sets.firstIndex(where: { $0.key == row.key }) {
                sets[index].values += row.values
                sets[index].lockedReason = row.lockedReason ?? "there are several record sets at the name"
            } else {
                sets.append(
                    RecordSet(
                        row.key, ttlSeconds: row.ttlSeconds, values: row.values,
                        lockedReason: row.lockedReason
                    ))
            }
        }
        return sets
    }
}
