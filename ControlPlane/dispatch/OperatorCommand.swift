import ControlPlane
import EventLoop

/// `dispatch operator create EMAIL`
enum OperatorCommand {
    static func run(_ arguments: Arguments, _ settings: CommandSettings, on loop: EventLoop) async throws {
        guard try arguments.word(1, "`create`", of: 3) == "create" else {
            throw UsageError("try `operator create EMAIL`")
        }
        try arguments.allow(["password-file"])
        let email = try arguments.word(2, "EMAIL", of: 3)
        guard let url = settings.databaseURL?.revealed, !url.isEmpty else {
            throw UsageError("`operator create` needs DISPATCH_DATABASE_URL")
        }
        let password = try Password.given(arguments)
        let account = try await OperatorBootstrap.create(
            email: email, password: password.text, databaseURL: url, on: loop)
        var fields: [String: JSONValue] = ["id": .string(account.id), "email": .string(account.email)]
        if password.isMade { fields["password"] = .string(password.text) }
        Command.show(.object(["data": .object(fields)]), arguments) { data in
            print("operator \(data["email"].text) (\(data["id"].text))")
            if password.isMade { print("password \(password.text)") }
        }
    }
}
