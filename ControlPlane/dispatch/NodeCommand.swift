import HTTPClient

/// `dispatch node …`
enum NodeCommand {
    private static let path = "/api/v1/admin/nodes"

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        let verb = try arguments.word(1, "create, list, drain, resume or remove", of: 3)
        try arguments.allow(verb == "remove" ? ["force"] : [])
        switch verb {
        case "create":
            let name = try arguments.word(2, "NAME", of: 3)
            let answer = try await client.call("POST", path, ["name": .string(name)])
            Command.show(answer, arguments) { node in
                print("node \(node["number"].text) (\(node["name"].text))")
                print("join token, good once until \(node["join_token_expires_at"].text):")
                print(node["join_token"].text)
            }
        case "list":
            let answer = try await client.call("GET", path)
            Command.show(answer, arguments) { nodes in
                Table.print(
                    nodes.elements,
                    [
                        ("NUMBER", "number"), ("NAME", "name"), ("STATE", "state"),
                        ("SNAPSHOT", "held_version"),
                        ("REPORTED", "reported_up_to"), ("LAST SEEN", "last_seen_at"),
                        ("CONTROL URL", "control_url"),
                    ])
            }
        case "drain", "resume":
            let node = HTTPURL.escaped(try arguments.word(2, "NODE", of: 3))
            let answer = try await client.call("POST", "\(path)/\(node)/\(verb)")
            Command.show(answer, arguments) { print("node \($0["number"].text) is \($0["state"].text)") }
        case "remove":
            let node = HTTPURL.escaped(try arguments.word(2, "NODE", of: 3))
            let force = arguments.flag("force") ? "?force=true" : ""
            let answer = try await client.call("DELETE", "\(path)/\(node)\(force)")
            Command.show(answer, arguments) { print("node \($0["number"].text) is removed") }
        default: throw UsageError("there is no command `node \(verb)`")
        }
    }
}
