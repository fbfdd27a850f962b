/// `dispatch shaping …`: how mail leaves, as a whole.
enum ShapingCommand {
    static let usage = """
        dispatch shaping show                                   what is in force, with where it comes from
        dispatch shaping export                                 the operators' rows, as a JSON document
        dispatch shaping check FILE                             what a document would change, or its problems
        dispatch shaping apply FILE                             replace the operators' rows by a document
        """

    private static let path = "/api/v1/admin/shaping"

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow()
        switch try arguments.word(1, "show, export, check or apply", of: 3) {
        case "show":
            _ = try arguments.word(1, "show", of: 2)
            let answer = try await client.call("GET", path)
            Command.show(answer, arguments, show)
        case "export":
            _ = try arguments.word(1, "export", of: 2)
            print(try await client.call("GET", path + "/rows")["data"].printed())
        case "check":
            let document = try JSONFile.read(try arguments.word(2, "FILE", of: 3))
            let answer = try await client.call("PUT", path + "/rows?dry_run=true", json: document)
            Command.show(answer, arguments) { show(changes: $0, "would be ") }
        case "apply":
            let document = try JSONFile.read(try arguments.word(2, "FILE", of: 3))
            let answer = try await client.call("PUT", path + "/rows", json: document)
            Command.show(answer, arguments) { show(changes: $0, "") }
        case let verb: throw UsageError("there is no command `shaping \(verb)`")
        }
    }

    private static func show(_ shaping: JSONValue) {
        for table in ShapingTable.all {
            let rows = shaping[table.field].elements
            print("\(table.title) (\(rows.count))")
            Table.print(rows, table.columns + [("ORIGIN", "origin")], indent: "  ")
            print("")
        }
        for problem in shaping["problems"].elements {
            print("PROBLEM  \(problem["path"].text): \(problem["message"].text)")
        }
    }

    private static func show(changes answer: JSONValue, _ prefix: String) {
        let changes = answer["changes"].elements
        if changes.isEmpty { print("nothing to change") }
        for change in changes {
            print("\(change["table"].text) \(change["id"].text): \(prefix)\(change["change"].text)")
        }
    }
}
