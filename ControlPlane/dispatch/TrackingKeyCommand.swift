import HTTPClient

/// `dispatch tracking-keys list|rotate|withdraw`
enum TrackingKeyCommand {
    private static let path = "/api/v1/admin/tracking-keys"

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow()
        let verb = try arguments.word(1, "list, rotate or withdraw", of: 3)
        guard verb == "withdraw" || arguments.words.count == 2 else {
            throw UsageError("`\(arguments.words[2])` is one word too many")
        }
        switch verb {
        case "list":
            let answer = try await client.call("GET", path)
            Command.show(answer, arguments) { keys in
                Table.print(
                    keys.elements,
                    [
                        ("ID", "id"), ("STATE", "state"), ("CREATED", "created_at"),
                        ("IN USE SINCE", "in_use_since"), ("REPLACED", "replaced_at"),
                    ])
            }
        case "rotate":
            let answer = try await client.call("POST", "\(path)/rotate")
            Command.show(answer, arguments) { key in
                print("key \(key["id"].text) makes tokens when the nodes had a minute to hear of it")
            }
        case "withdraw":
            let id = try arguments.word(2, "the id of a key", of: 3)
            let answer = try await client.call("DELETE", "\(path)/\(id)")
            Command.show(answer, arguments) { _ in
                print("key \(id) is withdrawn: what it made leads nowhere")
            }
        default: throw UsageError("there is no command `tracking-keys \(verb)`")
        }
    }
}
