/// The body of a change: sets to delete exactly as they were read, sets to add.
struct CloudDNSChange: Encodable, Equatable {
    struct Row: Encodable, Equatable {
        let name: String
        let type: String
        let ttl: Int
        let rrdatas: [String]
    }

    private(set) var additions: [Row] = []
    private(set) var deletions: [Row] = []

    init(_ changes: [RecordSetChange]) throws(DNSProviderError) {
        for change in changes {
            if let before = change.before { deletions.append(try Self.row(before)) }
            if let after = change.after { additions.append(try Self.row(after)) }
        }
    }

    private static func row(_ set: RecordSet) throws(DNSProviderError) -> Row {
        var values: [String] = []
        for value in set.values { values.append(try written(value)) }
        return Row(
            name: set.key.name + ".", type: set.key.type, ttl: set.ttlSeconds ?? RecordSet.newTTLSeconds,
            rrdatas: values)
    }

    private static func written(_ value: RecordValue) throws(DNSProviderError) -> String {
        if let raw = value.raw { return raw }
        switch value.content {
        case .txt(let bytes): return TXTCodec.encode(bytes, .decimal)
        case .mx(let preference, let host): return "\(preference) \(host)."
        case .cname(let host): return "\(host)."
        case .other: throw .unsupported("records of this type are not written")
        }
    }
}
