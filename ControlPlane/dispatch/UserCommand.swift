/// `dispatch user create EMAIL`
enum UserCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        guard try arguments.word(1, "`create`", of: 3) == "create" else {
            throw UsageError("try `user create EMAIL`")
        }
        try arguments.allow(["name", "operator", "password-file"])
        let email = try arguments.word(2, "EMAIL", of: 3)
        let password = try Password.given(arguments)
        let answer = try await client.call(
            "POST", "/api/v1/admin/users",
            [
                "email": .string(email), "password": .string(password.text),
                "name": arguments.option("name").map { .string($0) },
                "is_operator": .bool(arguments.flag("operator")),
            ])
        Command.show(answer, arguments) { user in
            print("user \(user["email"].text) (\(user["id"].text))")
            if password.isMade { print("password \(password.text)") }
        }
    }
}
