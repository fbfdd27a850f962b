import HTTPClient

/// `dispatch tenant …`
enum TenantCommand {
    private static let path = "/api/v1/dispatch/tenants"

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        let verb = try arguments.word(1, "create, list, suspend, resume or plan", of: 4)
        try arguments.allow(verb == "create" ? ["slug", "plan"] : verb == "suspend" ? ["reason"] : [])
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
                    [
                        ("ID", "id"), ("NAME", "tenant_name"), ("SLUG", "slug"), ("PLAN", "plan"),
                        ("STATUS", "status"),
                    ])
            }
        case "suspend":
            let tenant = HTTPURL.escaped(try arguments.word(2, "TENANT", of: 3))
            let reason = try arguments.required(option: "reason")
            let answer = try await client.call(
                "POST", "/api/v1/admin/tenants/\(tenant)/suspend", ["reason": .string(reason)])
            Command.show(answer, arguments) { print("tenant \($0["id"].text) is \($0["status"].text)") }
        case "resume":
            let tenant = HTTPURL.escaped(try arguments.word(2, "TENANT", of: 3))
            let answer = try await client.call("POST", "/api/v1/admin/tenants/\(tenant)/resume")
            Command.show(answer, arguments) { print("tenant \($0["id"].text) is \($0["status"].text)") }
        case "plan":
            let tenant = HTTPURL.escaped(try arguments.word(2, "TENANT", of: 4))
            let plan = try arguments.word(3, "PLAN", of: 4)
            let answer = try await client.call("PUT", "\(path)/\(tenant)", ["plan": .string(plan)])
            Command.show(answer, arguments) { print("tenant \($0["id"].text) has the plan \(plan)") }
        default: throw UsageError("there is no command `tenant \(verb)`")
        }
    }
}
