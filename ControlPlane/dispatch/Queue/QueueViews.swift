import HTTPClient

/// What the nodes say of their queues, for people.
enum QueueViews {
    static func lanes(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow(["node", "destination", "limit"])
        _ = try arguments.word(1, "lanes", of: 2)
        let items = [
            ("destination", arguments.option("destination")), ("limit", arguments.option("limit")),
        ]
        let answer = try await client.call("GET", QueueCommand.path("lanes", arguments, items))
        if !arguments.flag("json") {
            let rows = rows(answer, "lanes") { lane in
                var fields: [String: JSONValue] = [:]
                let suspended = lane["restrictions"].elements.contains {
                    $0["limits"] == .null && $0["is_cancelled"] != .bool(true)
                }
                fields["state"] =
                    suspended ? "suspended" : lane["paused_until"] == .null ? "" : "paused"
                return fields
            }
            Table.print(
                rows,
                [
                    ("NODE", "node"), ("LANE", "lane"), ("PROVIDER", "provider"), ("QUEUED", "counts.queued"),
                    ("DEFERRED", "counts.deferred"), ("SCHEDULED", "counts.scheduled"),
                    ("SENDING", "counts.sending"), ("HELD", "counts.held"), ("TENANTS", "tenants"),
                    ("CONNECTIONS", "connections"), ("OF", "connection_limit"), ("STATE", "state"),
                    ("LAST REPLY", "last_reply"),
                ])
        }
        try show(answer, arguments) { _ in }
    }

    static func restrictions(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow(["node"])
        _ = try arguments.word(1, "restrictions", of: 2)
        let answer = try await client.call("GET", QueueCommand.path("restrictions", arguments))
        if !arguments.flag("json") {
            Table.print(
                rows(answer, "restrictions") { _ in [:] },
                [
                    ("NODE", "node"), ("ID", "id"), ("ORIGIN", "origin"), ("RULE", "rule"), ("LANE", "lane"),
                    ("TENANT", "tenant"), ("DESTINATION", "destination"), ("LIMITS", "limits"),
                    ("SINCE", "since"), ("UNTIL", "until"), ("CANCELLED", "is_cancelled"),
                    ("REASON", "reason"), ("EVIDENCE", "evidence"),
                ])
        }
        try show(answer, arguments) { _ in }
    }

    static func explain(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow()
        let message = HTTPURL.escaped(try arguments.word(2, "MESSAGE", of: 3))
        let answer = try await client.call("GET", "\(QueueCommand.path)/messages/\(message)")
        Command.show(answer, arguments) { explanation in
            print("message \(explanation["id"].text)")
            print("tenant  \(explanation["tenant"].text)")
            print("node    \(explanation["node"].text)")
            for item in explanation["items"].elements { show(item) }
        }
    }

    private static func show(_ item: JSONValue) {
        print("")
        let lines = [
            ("to", item["recipients"]), ("state", item["state"]), ("why", item["sentence"]),
            ("lane", item["lane"]["lane"]), ("provider", item["lane"]["provider"]),
            ("rule", item["restriction"]["rule"]), ("place", item["place"]), ("attempts", item["attempts"]),
            ("next", item["next_attempt_at"]), ("gives up", item["deadline"]),
            ("last reply", item["last_reply"]),
        ]
        for (name, value) in lines where !value.text.isEmpty {
            print("  \(name)" + String(repeating: " ", count: 12 - name.count) + value.text)
        }
    }

    /// What the nodes that answered have, one row each, with the number of the node in it.
    private static func rows(
        _ answer: JSONValue, _ field: String, _ more: (JSONValue) -> [String: JSONValue]
    ) -> [JSONValue] {
        answer["data"]["nodes"].elements.flatMap { node in
            node["result"][field].elements.map { row in
                guard case .object(let fields) = row else { return row }
                return .object(
                    fields.merging(more(row)) { $1 }.merging(["node": node["node"]]) { $1 })
            }
        }
    }

    /// Shows what each node did, and fails with what those said that could not.
    static func show(_ answer: JSONValue, _ arguments: Arguments, _ done: (JSONValue) -> Void) throws {
        let nodes = answer["data"]["nodes"].elements
        Command.show(answer, arguments) { _ in
            for node in nodes where node["error"] == .null { done(node) }
        }
        let failures = nodes.filter { $0["error"] != .null }
        guard !failures.isEmpty else { return }
        throw Failure(
            failures.map { "node \($0["node"].text): \($0["error"]["message"].text)" }.joined(separator: "\n")
        )
    }
}
