import TestSupport

/// What a caller asks for in one record; nil where it says nothing.
struct CloudflareInput {
    private static let known: Set<String> = [
        "type", "name", "content", "ttl", "priority", "proxied", "comment", "tags", "settings", "id", "data",
        "private_routing",
    ]
    private static let maxCommentCharacters = 100

    var type: String?
    var name: String?
    var content: String?
    var ttl: Int?
    var priority: Int?
    var proxied: Bool?
    var comment: String?
    var clearsComment = false

    /// Reads the members that the fake knows; types are checked, others refused.
    init(_ json: JSONValue) throws(CloudflareError) {
        guard case .object(let members) = json else { throw .notJSON }
        guard members.keys.allSatisfy(Self.known.contains) else {
            throw .parameter("Unknown field: \(members.keys.filter { !Self.known.contains($0) }.sorted())")
        }
        type = try Self.text(json["type"], "type")
        name = try Self.text(json["name"], "name")
        content = try Self.text(json["content"], "content")
        ttl = try Self.number(json["ttl"], "ttl")
        priority = try Self.number(json["priority"], "priority")
        if json["proxied"] != .null {
            guard let value = json["proxied"].bool else { throw .parameter("proxied must be true or false") }
            proxied = value
        }
        comment = try Self.text(json["comment"], "comment")
        clearsComment = members.keys.contains("comment") && comment == nil
        guard comment.map({ $0.count <= Self.maxCommentCharacters }) ?? true else {
            throw .parameter("comment exceeds \(Self.maxCommentCharacters) characters")
        }
        guard json["tags"].elements.isEmpty else { throw .tagQuota }
    }

    private static func text(_ value: JSONValue, _ name: String) throws(CloudflareError) -> String? {
        if value == .null { return nil }
        guard let text = value.text else { throw .parameter("\(name) must be a string") }
        return text
    }

    private static func number(_ value: JSONValue, _ name: String) throws(CloudflareError) -> Int? {
        switch value {
        case .null: return nil
        case .integer(let number): return number
        case .number(let number) where number == number.rounded(): return Int(exactly: number)
        default: throw .parameter("\(name) must be a whole number")
        }
    }
}

extension CloudflareRecord {
    /// A checked record; nothing is assumed of its neighbours.
    init(
        _ input: CloudflareInput, id: String, in zone: RecordName, now: String, createdOn: String? = nil
    ) throws(CloudflareError) {
        guard let type = input.type?.uppercased() else { throw .parameter("type is a required field.") }
        guard type != "SPF" else { throw .spfType }
        guard let text = input.name, let content = input.content else {
            throw .parameter(input.name == nil ? "name is a required field." : "content is a required field.")
        }
        guard let name = RecordName(text), !text.hasSuffix("."), name.isWithin(zone) else {
            throw .invalidName
        }
        let ttl = input.ttl ?? 1
        guard ttl == 1 || (60...86_400).contains(ttl) else { throw .invalidTTL }
        let proxied = input.proxied ?? false
        guard !proxied || Self.proxiable.contains(type) else { throw .notProxiable }
        (self.content, data) = try Self.checked(type, content, input.priority)
        self.id = id
        self.name = name
        self.type = type
        self.ttl = proxied ? 1 : ttl
        self.proxied = proxied
        priority = type == "MX" ? input.priority : nil
        comment = input.comment
        self.createdOn = createdOn ?? now
        modifiedOn = now
    }

    private static func checked(
        _ type: String, _ content: String, _ priority: Int?
    ) throws(CloudflareError) -> (String, RecordData) {
        if type == "TXT" { return (content, try text(content)) }
        let codes = ["A": 9005, "AAAA": 9006, "CNAME": 9007, "MX": 9009, "NS": 9008]
        guard let code = codes[type] else { throw .parameter("The type \(type) is not played here.") }
        var value = content
        if type == "MX" {
            guard let priority else { throw .priorityRequired }
            guard (0...65_535).contains(priority) else { throw .parameter("priority is out of range") }
            value = "\(priority) \(content)"
        }
        do throws(RecordFault) {
            let data = try RecordData(type: type, text: value, form: .quoted)
            let isHost = content.hasSuffix(".") && content != "."
            return (isHost ? String(content.dropLast()) : content, data)
        } catch {
            guard case .malformed(let expected) = error else { throw .content(code, "Invalid content.") }
            throw .content(code, "Content for \(type) record must be \(expected).")
        }
    }

    /// Strings in quotation marks, or else the octets as they are; both are divided at 255 octets.
    private static func text(_ content: String) throws(CloudflareError) -> RecordData {
        guard !content.isEmpty else { throw .content(9101, "Content for TXT record must not be empty.") }
        let isQuoted = content.utf8.count >= 2 && content.hasPrefix("\"") && content.hasSuffix("\"")
        let strings: [[UInt8]]
        if isQuoted {
            do throws(CharacterStrings.Fault) {
                strings = try CharacterStrings.parse(content, .quoted, splits: true)
            } catch {
                throw .content(9101, "Content for TXT record is invalid: \(error).")
            }
        } else {
            guard !content.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw .content(9101, "Content for TXT record is invalid.")
            }
            strings = CharacterStrings.pieces(Array(content.utf8))
        }
        guard strings.reduce(0, { $0 + $1.count + 1 }) <= 4_096 else { throw .contentTooLong }
        return RecordData(strings: strings)
    }
}
