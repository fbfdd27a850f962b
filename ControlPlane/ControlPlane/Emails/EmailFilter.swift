import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Which messages a list asks for; every field narrows it.
struct EmailFilter: Sendable {
    private(set) var conditions: SQL = "erased_at IS NULL"

    static let parameters: [RouteInfo.Parameter] = [
        .query("status", .string.described("One or more words, separated by commas.")),
        .query("to", .string.described("A recipient's address.")),
        .query("from", .string.described("The sender's address, or a part of it.")),
        .query("subject", .string.described("A part of the subject.")),
        .query("tag", .string), .query("since", .dateTime), .query("until", .dateTime),
    ]

    /// - Throws: 400 naming the parameter.
    init(_ query: QueryItems) throws(APIError) {
        if let words = query["status"] {
            guard let states = RecipientState.states(words, by: \.tenantWord) else {
                throw .invalid(
                    "status", "must be queued, deferred, delivered, bounced, failed, cancelled or suppressed")
            }
            conditions += " AND status = ANY (\(states))"
        }
        if let address = query["to"] {
            conditions += " AND lower(\(address)) IN (SELECT lower(a) FROM unnest(to_addresses) AS a)"
        }
        if let text = query["from"] { conditions += " AND from_address ILIKE \(Self.pattern(text))" }
        if let text = query["subject"] { conditions += " AND subject ILIKE \(Self.pattern(text))" }
        if let tag = query["tag"] { conditions += " AND \(tag) = ANY (tags)" }
        if let since = try Self.time("since", query) { conditions += " AND accepted_at >= \(since)" }
        if let until = try Self.time("until", query) { conditions += " AND accepted_at < \(until)" }
    }

    /// What LIKE would read as a pattern stands for itself.
    private static func pattern(_ text: String) -> String {
        var escaped = ""
        for character in text {
            if character == "%" || character == "_" || character == "\\" { escaped += "\\" }
            escaped.append(character)
        }
        return "%\(escaped)%"
    }

    private static func time(_ name: String, _ query: QueryItems) throws(APIError) -> Date? {
        guard let text = query[name] else { return nil }
        if let time = try? Date.ISO8601FormatStyle().parse(text) { return time }
        if let time = try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text) {
            return time
        }
        throw .invalid(name, "must be a time such as 2026-01-31T12:00:00Z")
    }
}
