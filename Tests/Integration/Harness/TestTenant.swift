import TestSupport

/// A tenant with everything that it needs to send.
struct TestTenant: Sendable {
    let id: String
    let domain: String
    let domainID: String
    let apiKey: String
    let apiKeyID: String
    let username: String
    let password: String
    let credentialID: String
    let webhookID: String
    let webhookSecret: String

    /// The path of its routes.
    var path: String { "/api/v1/dispatch/tenants/\(id)" }

    /// A message of the tenant for the ingestion API.
    func message(_ subject: String, to: String = "someone@example.net", text: String = "Hello.") -> JSONValue
    {
        [
            "from": .string("app@\(domain)"), "to": .string(to), "subject": .string(subject),
            "text": .string(text),
        ]
    }
}

extension Cluster {
    /// Makes a tenant, a verified domain, an API key, a credential and a webhook for everything, and waits
    /// until every node knows the key.
    func makeTenant(_ name: String, domain: String) async throws -> TestTenant {
        let made = try await api.must(
            "POST", "/api/v1/dispatch/tenants", ["tenant_name": .string(name), "plan": "unlimited"])
        let id = try Self.text(made["data"]["id"].text, "tenant")
        let path = "/api/v1/dispatch/tenants/\(id)"
        let claimed = try await api.must("POST", "\(path)/domains", ["domain": .string(domain)])
        let domainID = try Self.text(claimed["data"]["domain"]["id"].text, "domain")
        try await api.must(
            "POST", "/api/v1/admin/tenants/\(id)/domains/\(domainID)/override", ["reason": "test"])
        let key = try await api.must(
            "POST", "\(path)/api-keys", ["name": "test", "scopes": ["*"], "rate_limit_per_minute": 100_000])[
                "data"]
        let credential = try await api.must("POST", "\(path)/credentials", ["label": "test"])["data"]
        let webhook = try await api.must(
            "POST", "\(path)/webhooks",
            [
                "url": .string(webhooks.url),
                "events": ["sent", "delivered", "bounced", "deferred", "complained"],
            ])["data"]
        let tenant = TestTenant(
            id: id, domain: domain, domainID: domainID, apiKey: try Self.text(key["key"].text, "key"),
            apiKeyID: try Self.text(key["id"].text, "key id"),
            username: try Self.text(credential["username"].text, "username"),
            password: try Self.text(credential["password"].text, "password"),
            credentialID: try Self.text(credential["id"].text, "credential id"),
            webhookID: try Self.text(webhook["id"].text, "webhook id"),
            webhookSecret: try Self.text(webhook["secret"].text, "webhook secret"))
        try await waitUntilNodesHaveEverything()
        return tenant
    }

    /// Waits until every node holds the newest snapshot, in which all is that was committed before.
    func waitUntilNodesHaveEverything() async throws {
        let api = api
        let marker = try await api.must(
            "POST", "/api/v1/dispatch/tenants", ["tenant_name": "marker", "plan": "unlimited"])["data"]["id"]
            .text
        let key = try await api.must(
            "POST", "/api/v1/dispatch/tenants/\(marker ?? "")/api-keys",
            ["name": "marker", "scopes": ["emails:read"]]
        )["data"]["key"].text
        for node in nodes {
            let caller = try await node.caller(token: key)
            try await eventually("\(node.name) to know the newest key") {
                // Whom it does not know it refuses before it looks for the message.
                try await caller.get("/api/v1/messages/none").status == 404 ? true : nil
            }
        }
    }
}
