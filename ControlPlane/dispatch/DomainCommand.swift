import HTTPClient

/// `dispatch domain override TENANT DOMAIN --reason TEXT`
enum DomainCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        guard try arguments.word(1, "`override`", of: 4) == "override" else {
            throw UsageError("try `domain override TENANT DOMAIN --reason TEXT`")
        }
        try arguments.allow(["reason"])
        let tenant = HTTPURL.escaped(try arguments.word(2, "TENANT", of: 4))
        let name = try arguments.word(3, "DOMAIN", of: 4).lowercased()
        let reason = try arguments.required(option: "reason")
        let domains = try await client.call("GET", "/api/v1/dispatch/tenants/\(tenant)/domains?limit=100")
        let found = domains["data"].elements.map { $0["domain"]["id"] == .null ? $0 : $0["domain"] }
        let id = found.first { $0["domain"].text == name }?["id"].text
        guard let id, !id.isEmpty else { throw Failure("the tenant has no domain \(name)") }
        let answer = try await client.call(
            "POST", "/api/v1/admin/tenants/\(tenant)/domains/\(id)/override", ["reason": .string(reason)])
        Command.show(answer, arguments) { _ in print("\(name) is verified by override") }
    }
}
