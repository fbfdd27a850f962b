import FoundationEssentials
import TestSupport

/// Runs the `dispatch` command as an operator does.
struct OperatorCommand: Sendable {
    let url: String
    let databaseURL: String
    let passwordFile: String
    var token: String?

    func with(token: String) -> OperatorCommand {
        var command = self
        command.token = token
        return command
    }

    /// The answer of a command, which must succeed.
    @discardableResult
    func run(_ arguments: String...) async throws -> JSONValue {
        var environment = ["DISPATCH_URL": url, "DISPATCH_DATABASE_URL": databaseURL]
        if let token { environment["DISPATCH_TOKEN"] = token }
        let text = try await ChildProcess.run(
            [try Products.path("dispatch")] + arguments + ["--json"], environment: environment)
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }
}
