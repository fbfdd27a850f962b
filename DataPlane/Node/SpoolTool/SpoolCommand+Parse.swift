import NodeProtocol

extension SpoolCommand {
    /// Reads the words behind `spool`. Throws `SpoolTool.Misuse`.
    static func parse(_ words: [String]) throws -> Request {
        if words.isEmpty || words.contains("--help") || words.contains("-h") { return .help }
        var rest = Words(words.dropFirst())
        switch words[0] {
        case "inspect": return try inspect(&rest)
        case "adopt": return try adopt(&rest)
        default: throw SpoolTool.Misuse(description: "there is no command spool \(words[0])")
        }
    }

    private static func inspect(_ words: inout Words) throws -> Request {
        var filter = SpoolTally.Filter()
        var limit: Int?
        var (asJSON, bodyOnly) = (false, false)
        var plain: [String] = []
        while let word = words.next() {
            switch word {
            case "--tenant":
                filter.tenant = try words.value(of: word, "a tenant's id") { TenantID(text: $0) }
            case "--destination":
                filter.destination = try words.value(of: word, "a domain or a host") { $0.lowercased() }
            case "--state":
                filter.state = try words.value(
                    of: word, "one of \(RecipientState.spoolWords.joined(separator: ", "))"
                ) { RecipientState.spoolWords.contains($0) ? $0 : nil }
            case "--limit":
                limit = try words.value(of: word, "a number from 0 to \(maxLimit)") { text in
                    Int(text).flatMap { (0...maxLimit).contains($0) ? $0 : nil }
                }
            case "--json": asJSON = true
            case "--body": bodyOnly = true
            default: plain.append(try Words.plain(word))
            }
        }
        switch plain.count {
        case 1 where !bodyOnly:
            return .inspect(
                directory: plain[0], tenant: filter.tenant, destination: filter.destination,
                state: filter.state, limit: limit ?? defaultLimit, asJSON: asJSON)
        case 2 where filter.isEmpty && limit == nil && !(asJSON && bodyOnly):
            guard let id = MessageID(text: plain[1]) else {
                throw SpoolTool.Misuse(description: "\(plain[1]) is not a message id")
            }
            return .message(directory: plain[0], id, asJSON: asJSON, bodyOnly: bodyOnly)
        default:
            throw SpoolTool.Misuse(description: "spool inspect takes a directory and at most a message id")
        }
    }

    private static func adopt(_ words: inout Words) throws -> Request {
        var events = Adoption.Events.unsaid
        var reportedUpTo: UInt64 = 0
        var asJSON = false
        var plain: [String] = []
        while let word = words.next() {
            switch word {
            case "--journal":
                switch try words.value(of: word, "report, leave or export", { $0 }) {
                case "report": events = .report
                case "leave": events = .leave
                case "export":
                    // A folder in the name, because that folder is made durable.
                    events = .export(
                        try words.value(of: "export", "a file") { $0.contains("/") ? $0 : "./\($0)" })
                default: throw SpoolTool.Misuse(description: "--journal wants report, leave or export FILE")
                }
            case "--reported": reportedUpTo = try words.value(of: word, "an event's number") { UInt64($0) }
            case "--json": asJSON = true
            default: plain.append(try Words.plain(word))
            }
        }
        guard plain.count == 1 else {
            throw SpoolTool.Misuse(description: "spool adopt takes one directory")
        }
        return .adopt(directory: plain[0], events, reportedUpTo: reportedUpTo, asJSON: asJSON)
    }
}

/// The words of a command line, taken one after the other.
private struct Words {
    private var rest: ArraySlice<String>

    init(_ words: ArraySlice<String>) { rest = words }

    mutating func next() -> String? { rest.popFirst() }

    mutating func value<Value>(
        of option: String, _ wanted: String, _ read: (String) -> Value?
    ) throws -> Value {
        guard let text = next(), let value = read(text) else {
            throw SpoolTool.Misuse(description: "\(option) wants \(wanted)")
        }
        return value
    }

    static func plain(_ word: String) throws -> String {
        guard !word.hasPrefix("-") else { throw SpoolTool.Misuse(description: "there is no option \(word)") }
        return word
    }
}
