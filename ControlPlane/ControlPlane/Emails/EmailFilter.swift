import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Which messages a list asks for; every field narrows it.
///
/// The list is found in indexes alone, in the one that narrows most: that of the recipients, that of the
/// tags, or that of the messages, which holds sender and subject too.
struct EmailFilter: Sendable {
    private var address: String?
    private var tag: String?
    private var since: Date?
    private var until: Date?
    /// About columns of `emails`, under the alias `e`.
    private var conditions: [SQL] = []

    static let parameters: [RouteInfo.Parameter] =
        [
            .query("status", .string.described("One or more words, separated by commas.")),
            .query("to", .string.described("A recipient's address.")),
            .query("from", .string.described("The sender's address, or a part of its first 120 characters.")),
            .query("subject", .string.described("A part of the subject's first 200 characters.")),
            .query("tag", .string), .query("mode", mode),
        ] + QueryItems.period

    /// Whether a message went out or was captured, because a test key sent it.
    static let mode = Schema.choice(modes).described("`test` for mail of test keys, which is captured.")
    private static let modes = ["live", "test"]

    /// - Parameter states: the states that a dialect's words mean; throws 400 for others.
    /// - Throws: 400 naming the parameter.
    init(
        _ query: QueryItems,
        states: (_ words: String) throws(APIError) -> [String] = Self.tenantStates
    ) throws(APIError) {
        if let words = query["status"] {
            let states = try states(words)
            // One state is found in the order of the list.
            if states.count == 1, let state = states.first {
                conditions.append("e.status = \(state)")
            } else {
                conditions.append("e.status = ANY (\(states))")
            }
        }
        address = try query.text("to")?.lowercased()
        tag = try query.text("tag").map { String($0.unicodeScalars.prefix(256)) }
        if let text = try query.text("from") {
            conditions.append("e.search LIKE \("%\(Self.escaped(text))%\n%")")
        }
        if let text = try query.text("subject") {
            conditions.append("e.search LIKE \("%\n%\(Self.escaped(text))%")")
        }
        if let mode = try query.choice("mode", of: Self.modes) { conditions.append("e.mode = \(mode)") }
        since = try query.time("since")
        until = try query.time("until", isEnd: true)
    }

    /// All messages in this state.
    init(state: RecipientState) { conditions = ["e.status = \(state.rawValue)"] }

    private static func tenantStates(_ words: String) throws(APIError) -> [String] {
        guard let states = RecipientState.states(words, by: \.tenantWord) else {
            throw .invalid(
                "status", "must be queued, deferred, delivered, bounced, failed, cancelled or suppressed")
        }
        return states
    }

    /// Leaves mail out of the list that the caller's key does not reach.
    mutating func keepOnly(_ fence: SenderFence) {
        if fence.domain != nil { conditions.append(fence.mail("e.from_address")) }
    }

    /// Leaves mail that went out, or was to, out of the list.
    mutating func keepOnlyCaptured() { conditions.append("e.mode = 'test'") }

    /// The times of acceptance and the ids, newest first.
    func keys(of tenant: UUID, limit: Int) -> SQL {
        let limit = SQL(unsafe: String(limit))
        let isOfMessages = address == nil && tag == nil
        let (source, id): (SQL, SQL) =
            isOfMessages
            ? ("emails e", "e.id")
            : address == nil ? ("email_tags b", "b.message_id") : ("email_recipients b", "b.message_id")
        let base: SQL = isOfMessages ? "e" : "b"
        var wanted: [SQL] = ["\(base).tenant_id = \(tenant)"]
        var joins: SQL = ""
        if isOfMessages { wanted.append("e.erased_at IS NULL") }
        if let address { wanted.append("b.folded = \(address)::text") }
        if let tag, address == nil { wanted.append("b.tag = \(tag)::text") }
        if let tag, address != nil {
            joins += """
                 JOIN email_tags g ON g.tenant_id = b.tenant_id AND g.accepted_at = b.accepted_at
                    AND g.message_id = b.message_id AND g.tag = \(tag)::text
                """
        }
        if !isOfMessages, !conditions.isEmpty {
            joins += """
                 JOIN emails e ON e.tenant_id = b.tenant_id AND e.accepted_at = b.accepted_at
                    AND e.id = b.message_id
                """
        }
        if let since { wanted.append("\(base).accepted_at >= \(since)") }
        if let until { wanted.append("\(base).accepted_at < \(until)") }
        return """
            SELECT DISTINCT \(base).accepted_at, \(id) AS id FROM \(source)\(joins)
            WHERE \((wanted + conditions).joined(separator: " AND "))
            ORDER BY 1 DESC, 2 DESC LIMIT \(limit)
            """
    }

    /// In lower case, and what LIKE would read as a pattern stands for itself.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.lowercased() {
            if character == "%" || character == "_" || character == "\\" { escaped += "\\" }
            escaped.append(character)
        }
        return escaped
    }
}
