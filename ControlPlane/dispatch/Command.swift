import EventLoop

/// Finds the command that the words name and runs it.
enum Command {
    static func run(_ arguments: Arguments, _ settings: CommandSettings, on loop: EventLoop) async throws {
        let client = ControlPlaneClient(settings: settings, loop: loop)
        switch arguments.words.first {
        case "operator": try await OperatorCommand.run(arguments, settings, on: loop)
        case "login": try await LoginCommand.run(arguments, client)
        case "node": try await NodeCommand.run(arguments, client)
        case "tenant": try await TenantCommand.run(arguments, client)
        case "user": try await UserCommand.run(arguments, client)
        case "domain": try await DomainCommand.run(arguments, client)
        case "snapshot": try await SnapshotCommand.run(arguments, client)
        case let word?: throw UsageError("there is no command `\(word)`")
        case nil: throw UsageError("a command is missing")
        }
    }

    /// Prints the answer as it is with `--json`, else what `people` prints.
    static func show(_ answer: JSONValue, _ arguments: Arguments, _ people: (JSONValue) -> Void) {
        if arguments.flag("json") { print(answer.printed()) } else { people(answer["data"]) }
    }
}
