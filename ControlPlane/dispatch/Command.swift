import ControlPlane
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

/// `dispatch operator create EMAIL`
enum OperatorCommand {
    static func run(_ arguments: Arguments, _ settings: CommandSettings, on loop: EventLoop) async throws {
        guard try arguments.word(1, "`create`", of: 3) == "create" else { throw UsageError("try `operator create EMAIL`") }
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

/// `dispatch login EMAIL`
enum LoginCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        let email = try arguments.word(1, "EMAIL", of: 2)
        let password = try Password.asked(arguments)
        let answer = try await client.call(
            "POST", "/api/v1/auth/login", ["email": .string(email), "password": .string(password)], authenticated: false)
        Command.show(answer, arguments) { print($0["access_token"].text) }
    }
}

/// `dispatch node …`
enum NodeCommand {
    private static let path = "/api/v1/admin/nodes"

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        let verb = try arguments.word(1, "create, list, drain, resume or remove", of: 3)
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
                        ("NUMBER", "number"), ("NAME", "name"), ("STATE", "state"), ("SNAPSHOT", "held_version"),
                        ("REPORTED", "reported_up_to"), ("LAST SEEN", "last_seen_at"), ("CONTROL URL", "control_url"),
                    ])
            }
        case "drain", "resume":
            let node = ControlPlaneClient.escaped(try arguments.word(2, "NODE", of: 3))
            let answer = try await client.call("POST", "\(path)/\(node)/\(verb)")
            Command.show(answer, arguments) { print("node \($0["number"].text) is \($0["state"].text)") }
        case "remove":
            let node = ControlPlaneClient.escaped(try arguments.word(2, "NODE", of: 3))
            let answer = try await client.call("DELETE", "\(path)/\(node)")
            Command.show(answer, arguments) { print("node \($0["number"].text) is removed") }
        default: throw UsageError("there is no command `node \(verb)`")
        }
    }
}

/// `dispatch tenant …`
enum TenantCommand {
    private static let path = "/api/v1/dispatch/tenants"

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        let verb = try arguments.word(1, "create, list, suspend, resume or plan", of: 4)
        switch verb {
        case "create":
            let name = try arguments.word(2, "NAME", of: 3)
            let answer = try await client.call(
                "POST", path,
                [
                    "tenant_name": .string(name), "slug": arguments.option("slug").map { .string($0) },
                    "plan": arguments.option("plan").map { .string($0) },
                ])
            Command.show(answer, arguments) { print("tenant \($0["id"].text) (\(name))") }
        case "list":
            let answer = try await client.call("GET", path + "?limit=100")
            Command.show(answer, arguments) { tenants in
                Table.print(
                    tenants.elements,
                    [("ID", "id"), ("NAME", "tenant_name"), ("SLUG", "slug"), ("PLAN", "plan"), ("STATUS", "status")])
            }
        case "suspend":
            let tenant = ControlPlaneClient.escaped(try arguments.word(2, "TENANT", of: 3))
            let reason = try arguments.required(option: "reason")
            let answer = try await client.call(
                "POST", "/api/v1/admin/tenants/\(tenant)/suspend", ["reason": .string(reason)])
            Command.show(answer, arguments) { print("tenant \($0["id"].text) is \($0["status"].text)") }
        case "resume":
            let tenant = ControlPlaneClient.escaped(try arguments.word(2, "TENANT", of: 3))
            let answer = try await client.call("POST", "/api/v1/admin/tenants/\(tenant)/resume")
            Command.show(answer, arguments) { print("tenant \($0["id"].text) is \($0["status"].text)") }
        case "plan":
            let tenant = ControlPlaneClient.escaped(try arguments.word(2, "TENANT", of: 4))
            let plan = try arguments.word(3, "PLAN", of: 4)
            let answer = try await client.call("PUT", "\(path)/\(tenant)", ["plan": .string(plan)])
            Command.show(answer, arguments) { print("tenant \($0["id"].text) has the plan \(plan)") }
        default: throw UsageError("there is no command `tenant \(verb)`")
        }
    }
}

/// `dispatch user create EMAIL`
enum UserCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        guard try arguments.word(1, "`create`", of: 3) == "create" else { throw UsageError("try `user create EMAIL`") }
        let email = try arguments.word(2, "EMAIL", of: 3)
        let password = try Password.given(arguments)
        let answer = try await client.call(
            "POST", "/api/v1/admin/users",
            [
                "email": .string(email), "password": .string(password.text),
                "name": arguments.option("name").map { .string($0) }, "is_operator": .bool(arguments.flag("operator")),
            ])
        Command.show(answer, arguments) { user in
            print("user \(user["email"].text) (\(user["id"].text))")
            if password.isMade { print("password \(password.text)") }
        }
    }
}

/// `dispatch domain override TENANT DOMAIN --reason TEXT`
enum DomainCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        guard try arguments.word(1, "`override`", of: 4) == "override" else {
            throw UsageError("try `domain override TENANT DOMAIN --reason TEXT`")
        }
        let tenant = ControlPlaneClient.escaped(try arguments.word(2, "TENANT", of: 4))
        let name = try arguments.word(3, "DOMAIN", of: 4).lowercased()
        let reason = try arguments.required(option: "reason")
        let domains = try await client.call("GET", "/api/v1/dispatch/tenants/\(tenant)/domains?limit=100")
        // The API lists a domain by itself, or together with its DNS records.
        let found = domains["data"].elements.map { $0["domain"] == .null || $0["domain"].text.isEmpty ? $0["domain"] : $0 }
        let id = found.first { $0["domain"].text == name }?["id"].text
            ?? domains["data"].elements.map { $0["domain"] }.first { $0["domain"].text == name }?["id"].text
        guard let id, !id.isEmpty else { throw Failure("the tenant has no domain \(name)") }
        let answer = try await client.call(
            "POST", "/api/v1/admin/tenants/\(tenant)/domains/\(id)/override", ["reason": .string(reason)])
        Command.show(answer, arguments) { _ in print("\(name) is verified by override") }
    }
}

/// `dispatch snapshot show`
enum SnapshotCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        guard try arguments.word(1, "`show`", of: 2) == "show" else { throw UsageError("try `snapshot show`") }
        let answer = try await client.call("GET", "/api/v1/admin/snapshot")
        Command.show(answer, arguments) { snapshot in
            print("version    \(snapshot["version"].text)")
            print("cluster    \(snapshot["cluster_id"].text)")
            print("signed by  \(snapshot["key_id"].text)")
            print("issued at  \(snapshot["issued_at"].text)")
            print("expires at \(snapshot["expires_at"].text)")
            print("chunks     \(snapshot["chunks"].elements.count), \(snapshot["total_bytes"].text) bytes\n")
            Table.print(snapshot["nodes"].elements, [("NODE", "node"), ("NAME", "name"), ("HOLDS", "version")])
        }
    }
}
