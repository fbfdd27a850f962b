import TestSupport

/// Changes of a zone's records. Each leaves the zone as it was when it throws on a copy of it.
extension CloudflareZone {
    private static let maxBatchOperations = 200
    private static let maxCharactersAtName = 8_192

    mutating func create(_ input: CloudflareInput, id: String, now: String) throws(CloudflareError)
        -> CloudflareRecord
    {
        let record = try CloudflareRecord(input, id: id, in: name, now: now)
        try check(record)
        records.append(record)
        return record
    }

    /// PATCH: what is not named stays.
    mutating func change(_ id: String, _ input: CloudflareInput, now: String) throws(CloudflareError)
        -> CloudflareRecord
    {
        let old = try record(id)
        var merged = input
        merged.type = input.type ?? old.type
        merged.name = input.name ?? old.name.description
        merged.content = input.content ?? old.content
        merged.ttl = input.ttl ?? old.ttl
        merged.priority = input.priority ?? old.priority
        merged.proxied = input.proxied ?? old.proxied
        merged.comment = input.comment ?? (input.clearsComment ? nil : old.comment)
        return try replace(id, merged, now: now)
    }

    /// PUT: what is not named gets its default.
    mutating func replace(_ id: String, _ input: CloudflareInput, now: String) throws(CloudflareError)
        -> CloudflareRecord
    {
        let old = try changeable(id)
        guard input.type?.uppercased() ?? "" == old.type else { throw .typeChange }
        let new = try CloudflareRecord(input, id: id, in: name, now: now, createdOn: old.createdOn)
        try check(new)
        records = records.map { $0.id == id ? new : $0 }
        return new
    }

    mutating func delete(_ id: String) throws(CloudflareError) -> CloudflareRecord {
        let old = try changeable(id)
        records.removeAll { $0.id == id }
        return old
    }

    /// All operations or none: deletes, patches, puts, posts, in this order however they were sent.
    mutating func batch(
        _ json: JSONValue, now: String, newID: () -> String
    ) throws(CloudflareError) -> JSONValue {
        guard case .object(let members) = json else { throw .notJSON }
        guard members.keys.allSatisfy(["deletes", "patches", "puts", "posts"].contains) else {
            throw .parameter("A batch has deletes, patches, puts and posts.")
        }
        let count = members.values.reduce(0) { $0 + $1.elements.count }
        guard count <= Self.maxBatchOperations else { throw .tooManyOperations }
        var copy = self
        var result: [String: [JSONValue]] = ["deletes": [], "patches": [], "puts": [], "posts": []]
        for item in json["deletes"].elements {
            result["deletes"]?.append(try copy.delete(try Self.id(item)).json)
        }
        for item in json["patches"].elements {
            let input = try CloudflareInput(item)
            result["patches"]?.append(try copy.change(try Self.id(item), input, now: now).json)
        }
        for item in json["puts"].elements {
            let input = try CloudflareInput(item)
            result["puts"]?.append(try copy.replace(try Self.id(item), input, now: now).json)
        }
        for item in json["posts"].elements {
            result["posts"]?.append(try copy.create(try CloudflareInput(item), id: newID(), now: now).json)
        }
        self = copy
        return .object(result.mapValues(JSONValue.array))
    }

    /// From now on no call changes the record.
    mutating func protect(_ id: String) {
        for index in records.indices where records[index].id == id { records[index].isReadOnly = true }
    }

    func record(_ id: String) throws(CloudflareError) -> CloudflareRecord {
        guard let record = records.first(where: { $0.id == id }) else { throw .recordGone }
        return record
    }

    private func changeable(_ id: String) throws(CloudflareError) -> CloudflareRecord {
        let record = try record(id)
        guard !record.isReadOnly else { throw .readOnly }
        return record
    }

    private static func id(_ item: JSONValue) throws(CloudflareError) -> String {
        guard let id = item["id"].text else { throw .parameter("id is a required field.") }
        return id
    }

    /// Whether the record may stand beside the others.
    private func check(_ record: CloudflareRecord) throws(CloudflareError) {
        let others = records.filter { $0.id != record.id && $0.name == record.name }
        if others.contains(where: record.isSame(as:)) {
            throw CloudflareRecord.proxiable.contains(record.type) ? .sameHost : .identical
        }
        // At the zone's own name an alias is flattened and stands beside all but addresses.
        let excludes = record.name == name ? CloudflareRecord.proxiable : RecordData.types
        if record.type == "CNAME", others.contains(where: { excludes.contains($0.type) }) {
            throw .addressExists
        }
        if excludes.contains(record.type), others.contains(where: { $0.type == "CNAME" }) {
            throw .aliasExists
        }
        let characters = others.filter { $0.type == record.type }.reduce(record.content.count) {
            $0 + $1.content.count
        }
        guard characters <= Self.maxCharactersAtName else { throw .nameTooFull }
    }
}
