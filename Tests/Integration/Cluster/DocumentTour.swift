import FoundationEssentials
import TestSupport
import Testing

/// A walk through all routes of a document: what makes something first, then what looks at it and changes it,
/// then what takes it away. Each answer is held against the document.
struct DocumentTour {
    private static let tenant = "/api/v1/dispatch/tenants/{tenant_id}"
    private static let password = "correct horse battery"

    private let cluster: Cluster
    private let document: APIDocument
    private var caller: APICaller
    /// Values for the parameters of paths, by name.
    private var values: [String: String] = ["version": "1"]
    /// The last row that was made below a path, by path: tables share the name of their ids.
    private var rows: [String: String] = [:]
    private(set) var calls = 0

    init(_ cluster: Cluster, _ document: APIDocument, at provider: ProviderDouble) async throws {
        values["token"] = provider.token
        values["zone_id"] = try await provider.zone("yourdomain.com")
        self.cluster = cluster
        self.document = document
        let person: JSONValue = ["email": "owner@example.com", "password": .string(Self.password)]
        try await cluster.api.must("POST", "/api/v1/admin/users", person)
        let login = try await cluster.api.with(token: nil).must("POST", "/api/v1/auth/login", person)
        caller = cluster.api.with(token: login["data"]["access_token"].text)
        // Whom the examples name.
        try await cluster.api.must(
            "POST", "/api/v1/admin/users",
            ["email": "ada@example.com", "password": .string(Self.password)])
    }

    /// As an operator.
    init(_ cluster: Cluster, _ document: APIDocument, operating tenant: TestTenant) async throws {
        self.cluster = cluster
        self.document = document
        caller = cluster.api
        let sent = try await cluster.api.with(token: tenant.apiKey).must(
            "POST", "/api/v1/messages", tenant.message("waits", to: "defer@example.net"))
        let waiting = try Cluster.messageID(sent["id"].text)
        _ = try await cluster.waitForLog(of: waiting, "deferred", tenant)
        values = [
            "tenant_id": tenant.id, "domain_id": tenant.domainID, "node": "1", "code": "team",
            "message_id": waiting,
        ]
    }

    /// With a tenant's key, in a dialect whose tenant is that of the key.
    init(_ cluster: Cluster, _ document: APIDocument, of tenant: TestTenant, at plane: APICaller) {
        self.cluster = cluster
        self.document = document
        caller = plane.with(token: tenant.apiKey)
        values = ["domain": tenant.domain]
    }

    mutating func run(_ operations: [APIDocument.Operation]) async throws {
        for operation in operations.sorted(by: { Self.rank($0) < Self.rank($1) }) {
            try await call(operation)
        }
    }

    /// Makers, senders, lookers, changers, removers; who a token belongs to comes last.
    private static func rank(_ operation: APIDocument.Operation) -> Int {
        let isMaker = operation.path.hasSuffix("/tenants") || operation.path.hasSuffix("/domains")
        // A pool names sources, and what is suspended can be resumed.
        if operation.method == "POST", ["/pools", "/suspend"].contains(where: operation.path.hasSuffix) {
            return 3
        }
        switch (operation.method, operation.path) {
        case (_, "/api/v1/auth/password"): return 8
        case ("POST", _) where isMaker: return operation.path.hasSuffix("/tenants") ? 0 : 1
        case ("POST", "\(tenant)/send"), ("POST", "\(tenant)/send-bulk"): return 3
        case ("POST", _) where !operation.path.hasSuffix("}"):
            let isOfRecord = operation.parameters.last.map { $0 != "tenant_id" } ?? false
            return isOfRecord || operation.path.hasSuffix("/queue/resume") ? 4 : 2
        case ("DELETE", "\(tenant)/captured"): return 8
        case ("DELETE", _): return operation.path.hasSuffix("}") ? 7 : 6
        case ("GET", _): return 5
        default: return 5
        }
    }

    /// An e-mail that waits for its time, for the routes that ask for one; the example's does not.
    private mutating func schedule(for operation: APIDocument.Operation) async throws {
        guard ["PATCH /api/v1/emails/{id}", "POST /api/v1/emails/{id}/cancel"].contains(operation.name) else {
            return
        }
        let example = document.operations.first { $0.name == "POST /api/v1/emails" }?.request?.content[
            "example"]
        var email = example?.members ?? [:]
        email["scheduled_at"] = Self.inAnHour
        values["id"] = try await caller.must("POST", "/api/v1/emails", .object(email))["id"].text
    }

    private static var inAnHour: JSONValue {
        .string(Date(timeIntervalSinceNow: 3600).formatted(Date.ISO8601FormatStyle()))
    }

    private mutating func call(_ operation: APIDocument.Operation) async throws {
        for (table, id) in rows where operation.path.hasPrefix(table + "/{") { values["id"] = id }
        try await schedule(for: operation)
        let unknown = operation.parameters.filter { values[$0] == nil }
        #expect(unknown.isEmpty, "\(operation.name): nothing made a \(unknown)")
        let (type, body) = try content(of: operation)
        // What acts on everything, or loses keys, wants to be told so.
        let isOfAll = operation.method == "DELETE" && operation.path.hasSuffix("/captured")
        let isOfNode = operation.method == "DELETE" && operation.path.hasSuffix("/nodes/{node}")
        let query = isOfAll ? "?all=true" : isOfNode ? "?force=true" : ""
        let answer = try await caller(for: operation).send(
            operation.method, operation.filled(values) + query, bytes: body,
            contentType: type)
        calls += 1
        #expect((200..<300).contains(answer.status), "\(operation.name): \(answer.status) \(answer.text)")
        let problems = document.problems(of: answer, to: operation)
        #expect(problems.isEmpty, "\(operation.name): \(problems)")
        try await remember(answer, of: operation)
    }

    private func caller(for operation: APIDocument.Operation) async throws -> APICaller {
        guard operation.path.hasPrefix("/api/v1/auth/") else { return caller }
        let person: JSONValue = ["email": "ada@example.com", "password": .string(Self.password)]
        let login = try await cluster.api.with(token: nil).must("POST", "/api/v1/auth/login", person)
        return cluster.api.with(token: login["data"]["access_token"].text)
    }

    private func content(of operation: APIDocument.Operation) throws -> (String, [UInt8]?) {
        guard let request = operation.request else { return ("application/json", nil) }
        if let text = request.content["example"].text, request.type != "application/json" {
            return (request.type, Array(text.utf8))
        }
        var example = request.content["example"]
        if request.type == "application/x-www-form-urlencoded" {
            return (request.type, Array(Self.form(example).utf8))
        }
        // A time of a document passes some day.
        if example["scheduled_at"] != .null, case .object(let members) = example {
            example = .object(members.merging(["scheduled_at": Self.inAnHour]) { $1 })
        }
        // Providers know no token and no zone of an example.
        if operation.path.contains("/dns-"), case .object(let members) = example {
            example = .object(
                members.merging(values.mapValues { .string($0) }.filter { members[$0.key] != nil }) { $1 })
        }
        return (request.type, Array(try example.encoded()))
    }

    /// The fields of an object as a form.
    private static func form(_ example: JSONValue) -> String {
        example.members.sorted { $0.key < $1.key }.map { name, value in
            let text = (value.text ?? "").utf8.map { byte in
                let digits = String(byte, radix: 16)
                return "%" + (digits.count == 1 ? "0" : "") + digits
            }
            return "\(name)=\(text.joined())"
        }.joined(separator: "&")
    }

    /// Sends the example once more, with a key whose mail is captured.
    private mutating func capture(_ operation: APIDocument.Operation) async throws {
        let path = operation.filled(values)
        let key = try await caller.must(
            "POST", "\(path.dropLast(5))/api-keys", ["name": "test", "scopes": ["*"], "mode": "test"])
        try await cluster.waitUntilNodesHaveEverything()
        let (type, body) = try content(of: operation)
        let sent = try await cluster.api.with(token: key["data"]["key"].text).send(
            operation.method, path, bytes: body, contentType: type)
        values["captured_id"] = sent.json["data"]["id"].text
    }

    /// Notes the ids of what was made, and makes true what the examples that follow take for granted.
    private mutating func remember(
        _ answer: APICaller.Answer, of operation: APIDocument.Operation
    ) async throws {
        guard operation.method == "POST" else { return }
        let data = answer.json["data"]
        let id =
            data["id"].text ?? data["domain"]["id"].text ?? data["subject"].text ?? data["undo_id"].text
            ?? answer.json["id"].text
        let maker = document.operations.first { other in
            other.path.hasPrefix(operation.path + "/{")
                && other.parameters.count == operation.parameters.count + 1
        }
        if let name = maker?.parameters.last, let id { values[name] = id }
        rows[operation.path] = id
        switch operation.path {
        case "\(Self.tenant)/domains":
            let (tenant, domain) = (values["tenant_id"] ?? "", values["domain_id"] ?? "")
            try await cluster.api.must(
                "POST", "/api/v1/admin/tenants/\(tenant)/domains/\(domain)/override", ["reason": "example"])
        case "/api/v1/admin/tracking-keys/rotate":
            // As if the nodes had had their minute.
            try await cluster.sql(
                "UPDATE tracking_keys SET replaced_at = now() WHERE in_use_since IS NOT NULL; "
                    + "UPDATE tracking_keys SET in_use_since = now() WHERE in_use_since IS NULL")
            let keys = try await caller.must("GET", "/api/v1/admin/tracking-keys")["data"].elements
            let spent = keys.first { $0["state"].text == "proving" }
            values["tracking_key"] = spent?["id"].integer.map { String($0) }
        case "\(Self.tenant)/send":
            values["log_id"] = id
            values["message_id"] = id
            let (path, api) = ("\(operation.filled(values).dropLast(5))/emails/\(id ?? "")", caller)
            try await eventually("the example in the log") {
                try await api.get(path).json["data"]["status"].text == "delivered" ? true : nil
            }
            try await capture(operation)
        case "\(Self.tenant)/domains/{domain_id}/dns-setup":
            let written = data["records"].elements.filter { $0["action"] == "create" }
            #expect(written.count > 3 && written.allSatisfy { $0["proof"]["status"] == "ok" }, "\(data)")
        case "\(Self.tenant)/suppressions", "\(Self.tenant)/templates":
            try await cluster.waitUntilNodesHaveEverything()
        default: break
        }
    }
}
