import HTTPClient

/// `dispatch tracking-keys list|rotate`
enum TrackingKeyCommand {
    private static let path = "/api/v1/admin/tracking-keys"

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow()
        switch try arguments.word(1, "list or rotate", of: 2) {
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
        case let verb: throw UsageError("there is no command `tracking-keys \(verb)`")
        }
    }
}
