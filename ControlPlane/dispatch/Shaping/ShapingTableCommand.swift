import HTTPClient

/// `dispatch provider …`, `rule`, `source`, `pool` and `warmup`: the rows of one shaping table.
enum ShapingTableCommand {
    static let usage = """
        dispatch provider|rule|source|pool|warmup list
        dispatch provider|rule|source|pool|warmup show ID
        dispatch provider|rule|source|pool|warmup delete ID
        dispatch provider|rule|source|pool|warmup set ID --file FILE     the row as JSON; - is standard input
        dispatch provider set ID --host PATTERN … [--max-connections N] [--max-messages N] [--rate N]
                 [--position N]
        dispatch rule set ID [--provider ID | --destination PATTERN] [--code CODE] [--enhanced-code CODE]
                 [--contains TEXT] [--category WORD] [--threshold N] [--window DURATION]
                 --action suspend_lane|suspend_tenant|slow_lane --for DURATION --reason TEXT
                 [--max-connections N] [--max-messages N] [--rate N] [--position N] [--disabled]
        dispatch source set ID --node NODE --hello-name NAME [--ipv4 ADDRESS] [--ipv6 ADDRESS]
                 [--warm-up PLAN --warm-up-since DATE]
        dispatch pool set ID --member SOURCE=WEIGHT …
        dispatch warmup set ID --group PROVIDER=FIRST_DAY,GROWTH,WARM_AT …   (`others` for all others)
        """

    static func run(
        _ table: ShapingTable, _ arguments: Arguments, _ client: ControlPlaneClient
    ) async throws {
        let path = "/api/v1/admin/shaping/\(table.segment)"
        let verb = try arguments.word(1, "list, show, set or delete", of: 3)
        if verb == "list" {
            try arguments.allow()
            _ = try arguments.word(1, "list", of: 2)
            let answer = try await client.pages(path)
            return Command.show(answer, arguments) { Table.print($0.elements, table.columns) }
        }
        let id = try arguments.word(2, "ID", of: 3)
        let one = "\(path)/\(HTTPURL.escaped(id))"
        switch verb {
        case "show":
            try arguments.allow()
            Command.show(try await client.call("GET", one), arguments) { print($0.printed()) }
        case "set":
            let row = try await ShapingRowOptions(arguments, client).row(of: table, id)
            let answer = try await client.call("PUT", one, json: row)
            Command.show(answer, arguments) { _ in print("\(table.command) \(id) is set") }
        case "delete":
            try arguments.allow()
            let answer = try await client.call("DELETE", one)
            Command.show(answer, arguments) { _ in print("\(table.command) \(id): \(answer["message"].text)")
            }
        default: throw UsageError("there is no command `\(table.command) \(verb)`")
        }
    }
}
