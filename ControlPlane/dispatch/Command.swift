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
        case "tracking-keys": try await TrackingKeyCommand.run(arguments, client)
        case "audit": try await AuditCommand.run(arguments, client)
        case "plan": try await PlanCommand.run(arguments, client)
        case "shaping": try await ShapingCommand.run(arguments, client)
        case "queue": try await QueueCommand.run(arguments, client)
        case let word?:
            guard let table = ShapingTable.named(word) else {
                throw UsageError("there is no command `\(word)`")
            }
            try await ShapingTableCommand.run(table, arguments, client)
        case nil: throw UsageError("a command is missing")
        }
    }

    /// The lines about the commands that begin with a word; nil for those without a page of their own.
    static func usage(of word: String?) -> String? {
        switch word {
        case "shaping": ShapingCommand.usage
        case "queue": QueueCommand.usage
        case "plan": PlanCommand.usage
        case "audit": AuditCommand.usage
        case let word?: ShapingTable.named(word).map { _ in ShapingTableCommand.usage }
        case nil: nil
        }
    }

    /// Prints the answer as it is with `--json`, else what `people` prints.
    static func show(_ answer: JSONValue, _ arguments: Arguments, _ people: (JSONValue) -> Void) {
        if arguments.flag("json") { print(answer.printed()) } else { people(answer["data"]) }
    }
}
