import HTTPClient

/// `dispatch queue …`: what waits on the nodes, why, and the operators' hand on it.
enum QueueCommand {
    static let usage = """
        dispatch queue lanes [--node NODE] [--destination PATTERN] [--limit N]
        dispatch queue restrictions [--node NODE]
        dispatch queue explain MESSAGE                          why it still waits, asked of its node
        dispatch queue suspend SCOPE --reason TEXT [--for DURATION] [--node NODE]
                 [--max-connections N] [--max-messages N] [--rate N]        with limits: slow down instead
        dispatch queue resume --id ID | SCOPE [--node NODE]
        dispatch queue hold|release|requeue|cancel WHICH [--dry-run | --yes] [--node NODE]

        SCOPE is --lane LANE, --tenant TENANT, --destination PATTERN, the last two together, or --everything.
        WHICH is MESSAGE …, or one or more of --lane, --tenant and --destination, or --everything.
        What options choose is counted first, and done when it is confirmed, or with --yes.
        """

    static let path = "/api/v1/admin/queue"
    private static let scope: Set<String> = ["lane", "tenant", "destination", "everything", "node"]

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        guard arguments.words.count > 1 else {
            throw UsageError(
                "lanes, restrictions, explain, suspend, resume, hold, release, requeue or cancel")
        }
        switch arguments.words[1] {
        case "lanes": try await QueueViews.lanes(arguments, client)
        case "restrictions": try await QueueViews.restrictions(arguments, client)
        case "explain": try await QueueViews.explain(arguments, client)
        case "suspend": try await suspend(arguments, client)
        case "resume": try await resume(arguments, client)
        case "hold", "release", "requeue", "cancel": try await act(arguments, client)
        case let verb: throw UsageError("there is no command `queue \(verb)`")
        }
    }

    /// The path with `?node=` when one is named, and more items of the query.
    static func path(_ name: String, _ arguments: Arguments, _ items: [(String, String?)] = []) -> String {
        let all = [("node", arguments.option("node"))] + items
        let query = all.compactMap { name, value in value.map { "\(name)=\(HTTPURL.escaped($0))" } }
        return "\(path)/\(name)" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    private static func scopeFields(_ arguments: Arguments) -> [String: JSONValue?] {
        [
            "lane": arguments.option("lane").map { .string($0) },
            "tenant": arguments.option("tenant").map { .string($0) },
            "destination": arguments.option("destination").map { .string($0) },
            "everything": arguments.flag("everything") ? .bool(true) : nil,
        ]
    }

    private static func suspend(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow(scope.union(["reason", "for", "max-connections", "max-messages", "rate"]))
        _ = try arguments.word(1, "suspend", of: 2)
        var fields = scopeFields(arguments)
        fields["reason"] = .string(try arguments.required(option: "reason"))
        fields["duration_seconds"] = try arguments.seconds("for").map { .integer($0) }
        fields["limits"] = try ShapingRowOptions.limits(arguments)
        let answer = try await client.call("POST", path("suspend", arguments), fields)
        try QueueViews.show(answer, arguments) { node in
            print("node \(node["node"].text): restriction \(node["result"]["id"].text)")
        }
    }

    private static func resume(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow(scope.union(["id"]))
        _ = try arguments.word(1, "resume", of: 2)
        var fields = scopeFields(arguments)
        fields["id"] = arguments.option("id").map { .string($0) }
        let answer = try await client.call("POST", path("resume", arguments), fields)
        try QueueViews.show(answer, arguments) { node in
            let ids = node["result"]["restrictions"].elements.map { $0["id"].text }
            print("node \(node["node"].text): \(ids.isEmpty ? "nothing fits" : ids.joined(separator: ", "))")
        }
    }

    private static func act(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow(scope.union(["dry-run", "yes"]))
        let verb = arguments.words[1]
        let messages = arguments.words.dropFirst(2)
        var fields = scopeFields(arguments)
        if !messages.isEmpty { fields["messages"] = .array(messages.map { .string($0) }) }
        let path = path(verb, arguments)
        if messages.isEmpty, !arguments.flag("dry-run"), !arguments.flag("yes") {
            fields["dry_run"] = .bool(true)
            guard Terminal.canAsk else {
                throw UsageError("nobody can be asked here: --dry-run counts, and --yes goes on")
            }
            let preview = try await client.call("POST", path, fields)
            try show(preview, verb, isDryRun: true, arguments)
            guard Terminal.confirms("Go on?") else { throw Failure("nothing was done") }
        }
        fields["dry_run"] = .bool(arguments.flag("dry-run"))
        let answer = try await client.call("POST", path, fields)
        try show(answer, verb, isDryRun: arguments.flag("dry-run"), arguments)
    }

    private static func show(
        _ answer: JSONValue, _ verb: String, isDryRun: Bool, _ arguments: Arguments
    ) throws {
        try QueueViews.show(answer, arguments) { node in
            let result = node["result"]
            let would = isDryRun ? "would " : ""
            let sending = result["sending"] == .integer(0) ? "" : ", \(result["sending"].text) in flight"
            print(
                "node \(node["node"].text): \(would)\(verb) \(result["messages"].text) messages, "
                    + "\(result["recipients"].text) recipients\(sending)")
        }
    }
}
