import HTTPClient

/// `dispatch audit`
enum AuditCommand {
    static let usage = """
        dispatch audit [--tenant TENANT|service] [--actor ID] [--action ACTION] [--record ID]
                       [--since TIME] [--until TIME] [--limit N]       who did what, the newest first
        """

    private static let path = "/api/v1/admin/audit"
    private static let filters = ["tenant", "actor", "action", "record", "since", "until"]
    private static let pageSize = 100
    private static let usualLimit: Int64 = 50

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow(Set(filters + ["limit"]))
        guard arguments.words.count == 1 else {
            throw UsageError("`\(arguments.words[1])` is one word too many")
        }
        let limit = try arguments.integer("limit") ?? usualLimit
        guard limit > 0 else { throw UsageError("--limit is 1 or more, not `\(limit)`") }
        let query = filters.compactMap { name in
            arguments.option(name).map { "&\(name)=\(HTTPURL.escaped($0))" }
        }.joined()
        var entries: [JSONValue] = []
        while entries.count < limit {
            let page = try await client.call(
                "GET", "\(path)?limit=\(pageSize)&offset=\(entries.count)\(query)")
            entries += page["data"].elements
            if page["data"].elements.count < pageSize { break }
        }
        let answer = JSONValue.object(["data": .array(Array(entries.prefix(Int(clamping: limit))))])
        Command.show(answer, arguments) { entries in
            Table.print(
                entries.elements.map(Self.row),
                [
                    ("AT", "at"), ("TENANT", "tenant_id"), ("ACTOR", "actor"), ("ACTION", "action"),
                    ("RECORD", "record"), ("FROM", "remote_ip"), ("DETAIL", "detail"),
                ])
        }
    }

    /// An entry with what belongs together in one word.
    private static func row(_ entry: JSONValue) -> JSONValue {
        func joined(_ kind: String, _ id: String) -> String {
            [entry[kind].text, entry[id].text].filter { !$0.isEmpty }.joined(separator: ":")
        }
        guard case .object(var fields) = entry else { return entry }
        fields["tenant_id"] = entry["tenant_id"] == .null ? "service" : entry["tenant_id"]
        fields["actor"] = .string(joined("actor_kind", "actor"))
        fields["record"] = .string(joined("record_kind", "record_id"))
        return .object(fields)
    }
}
