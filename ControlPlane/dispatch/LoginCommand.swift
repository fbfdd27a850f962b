/// `dispatch login EMAIL`
enum LoginCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        try arguments.allow(["password-file"])
        let email = try arguments.word(1, "EMAIL", of: 2)
        let password = try Password.asked(arguments)
        let answer = try await client.call(
            "POST", "/api/v1/auth/login", ["email": .string(email), "password": .string(password)],
            authenticated: false)
        Command.show(answer, arguments) { print($0["access_token"].text) }
    }
}
