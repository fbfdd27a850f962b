import FoundationEssentials
import TestSupport
import Testing

extension ClusterScenarios {
    /// No tenant sees or changes what is another's, whatever route it asks.
    @Suite struct ForeignRecordTests {
        @Test func `no route with an id tells one tenant from another's records, or touches them`()
            async throws
        {
            guard let provider = try await ProviderDouble.ifInstalled() else { return }
            let cluster = try await Cluster(settings: provider.settings)
            let mine = try await cluster.makeTenant("Mine", domain: "mine.example")
            let other = try await cluster.makeTenant("Other", domain: "other.example")
            let records = try await Self.records(of: other, provider, cluster)
            let nobody = Self.randomRecords()
            let document = try await cluster.api.must("GET", "/api/v1/openapi.json")
            let callers: [(name: String, caller: APICaller)] = [
                ("key", cluster.api.with(token: mine.apiKey)),
                ("key at the node", try await cluster.node.caller(token: mine.apiKey)),
                ("credential", cluster.api.with(username: mine.username, password: mine.password)),
                ("user", try await Self.owner("owner@mine.example", of: mine, cluster)),
                ("nobody", cluster.api.with(token: nil)),
            ]
            let before = try await Self.state(of: other, cluster)
            var count = 0
            for (path, item) in document["paths"].members.sorted(by: { $0.key < $1.key })
            where path.contains("{") {
                let names = Self.parameters(of: path)
                let unknown = names.filter { records[$0] == nil }
                #expect(unknown.isEmpty, "\(path) has ids that this test does not know: \(unknown)")
                guard unknown.isEmpty else { continue }
                for method in item.members.keys.map({ $0.uppercased() }).sorted()
                where Self.methods.contains(method) {
                    // All of the other tenant, and the other's record under the own tenant's path.
                    for own in names.contains("tenant_id") && names.count > 1 ? [false, true] : [false] {
                        let mineThere = own ? ["tenant_id": mine.id] : [:]
                        let real = Self.fill(path, records.merging(mineThere) { $1 })
                        let none = Self.fill(path, nobody.merging(mineThere) { $1 })
                        for (name, caller) in callers {
                            let body = Self.body(method, path)
                            let (got, blank) = (
                                try await caller.send(method, real, body),
                                try await caller.send(method, none, body)
                            )
                            count += 1
                            let what = "\(name): \(method) \(real): \(got.status) \(got.text)"
                            #expect((400..<500).contains(got.status), "\(what)")
                            #expect(
                                got.status == blank.status,
                                "\(what), for what does not exist \(blank.status) \(blank.text)")
                            #expect(
                                Self.shape(got) == Self.shape(blank),
                                "\(what), for what does not exist \(blank.text)")
                            #expect(
                                !got.text.contains("other.example") && !got.text.contains("Other"), "\(what)")
                        }
                    }
                }
            }
            print("\(count) requests for records of another tenant")
            #expect(count > 100)
            #expect(try await Self.state(of: other, cluster) == before)
            let caller = try await cluster.node.caller(token: other.apiKey)
            try await caller.must("POST", "/api/v1/messages", other.message("unharmed"))
            _ = try await cluster.sink.wait(forSubject: "unharmed")
        }

        private static let methods: Set<String> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

        /// A record of the tenant for each name that a path may have.
        private static func records(
            of tenant: TestTenant, _ provider: ProviderDouble, _ cluster: Cluster
        ) async throws -> [String: String] {
            let caller = try await cluster.node.caller(token: tenant.apiKey)
            let id = try Cluster.messageID(
                try await caller.must(
                    "POST", "/api/v1/messages", tenant.message("secret of Other", to: "defer@example.net"))[
                        "id"
                    ]
                    .text)
            _ = try await cluster.waitForLog(of: id, "deferred", tenant)
            let template = try await caller.must(
                "POST", "\(tenant.path)/templates",
                ["name": "Other", "slug": "foreign", "subject": "Other", "text_body": "other.example"])
            let suppression = try await caller.must(
                "POST", "\(tenant.path)/suppressions", ["email": "no@other.example"])
            let owner = try await owner("owner@\(tenant.domain)", of: tenant, cluster)
            let account = try await provider.connect(owner)
            let setUp = try await owner.must(
                "POST", "\(tenant.path)/domains/\(tenant.domainID)/dns-setup",
                [
                    "provider_id": .string(account),
                    "zone_id": .string(try await provider.zone(tenant.domain)),
                ])
            let members = try await cluster.api.must("GET", "\(tenant.path)/members")["data"].elements
            let member = members.first { $0["email"].text == "owner@\(tenant.domain)" }?["subject"].text ?? ""
            return [
                "tenant_id": tenant.id, "domain_id": tenant.domainID, "key_id": tenant.apiKeyID,
                "credential_id": tenant.credentialID, "webhook_id": tenant.webhookID, "log_id": id,
                "provider_id": account, "undo_id": try Cluster.text(setUp["data"]["undo_id"].text, "undo id"),
                "message_id": id, "id": id, "template_id": template["data"]["id"].text ?? "", "version": "1",
                "domain": tenant.domain, "captured_id": try await captured(by: tenant, cluster),
                "suppression_id": suppression["data"]["id"].text ?? "", "email": "no@other.example",
                "subject": member, "user_id": member,
                "node": "1", "code": "free", "tracking_key": "0", "sha256": String(repeating: "0", count: 64),
            ]
        }

        /// A message of the tenant that went no further.
        private static func captured(by tenant: TestTenant, _ cluster: Cluster) async throws -> String {
            let key = try await cluster.api.must(
                "POST", "\(tenant.path)/api-keys", ["name": "test", "scopes": ["*"], "mode": "test"])
            try await cluster.waitUntilNodesHaveEverything()
            let node = try await cluster.node.caller(token: try Cluster.text(key["data"]["key"].text, "key"))
            let sent = try await node.must("POST", "/api/v1/messages", tenant.message("captured"))
            let id = try Cluster.messageID(sent["id"].text)
            _ = try await cluster.waitForLog(of: id, "delivered", tenant)
            return id
        }

        /// Ids that nothing has; those of operators' records stay, for nobody here may ask for them.
        private static func randomRecords() -> [String: String] {
            func random() -> String { UUID().uuidString.lowercased() }
            let ids = [
                "tenant_id", "domain_id", "key_id", "credential_id", "webhook_id", "log_id", "message_id",
                "id",
                "suppression_id", "subject", "user_id", "template_id", "provider_id", "undo_id",
                "captured_id",
            ]
            return Dictionary(uniqueKeysWithValues: ids.map { ($0, random()) }).merging(
                [
                    "node": "999", "version": "1", "code": "none", "domain": "nobody.example",
                    "email": "nobody@nowhere.example", "tracking_key": "255",
                    "sha256": String(repeating: "1", count: 64),
                ]) { $1 }
        }

        /// A user who owns the tenant and nothing else.
        private static func owner(_ email: String, of tenant: TestTenant, _ cluster: Cluster) async throws
            -> APICaller
        {
            let person: JSONValue = ["email": .string(email), "password": "correct horse battery"]
            try await cluster.api.must("POST", "/api/v1/admin/users", person)
            try await cluster.api.must(
                "POST", "\(tenant.path)/members", ["email": .string(email), "role": "owner"])
            let login = try await cluster.api.with(token: nil).must("POST", "/api/v1/auth/login", person)
            let token = login["data"]["access_token"].text ?? login["access_token"].text
            return cluster.api.with(token: try Cluster.text(token, "token"))
        }

        /// Everything of the tenant that the routes could change.
        private static func state(of tenant: TestTenant, _ cluster: Cluster) async throws -> [JSONValue] {
            var state: [JSONValue] = []
            for part in [
                "domains", "api-keys", "credentials", "webhooks", "suppressions", "members", "emails",
                "captured",
                "templates", "domains/\(tenant.domainID)/dns-setup",
            ] {
                // When something was used last is no change.
                state.append(
                    .array(
                        try await cluster.api.must("GET", "\(tenant.path)/\(part)")["data"].elements.map {
                            element in
                            .object(element.members.filter { $0.key != "last_used_at" })
                        }))
            }
            return state
        }

        private static func parameters(of path: String) -> [String] {
            path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        }

        private static func fill(_ path: String, _ values: [String: String]) -> String {
            path.split(separator: "/").map { segment in
                guard segment.hasPrefix("{") else { return "/\(segment)" }
                return "/\(values[String(segment.dropFirst().dropLast())] ?? "")"
            }.joined()
        }

        /// A body that the route would take, so that it is not the body that is refused.
        private static func body(_ method: String, _ path: String) -> JSONValue? {
            guard method != "GET", method != "DELETE" else { return nil }
            if method == "PATCH", path == "/api/v1/emails/{id}" {
                let soon = Date(timeIntervalSinceNow: 3600).formatted(Date.ISO8601FormatStyle())
                return ["scheduled_at": .string(soon)]
            }
            switch path.split(separator: "/").last {
            case "send":
                return ["from": "a@mine.example", "to": ["b@example.net"], "subject": "s", "text_body": "x"]
            case "dns-setup": return ["provider_id": .string(UUID().uuidString), "zone_id": "z"]
            case "domains": return ["domain": "new.example"]
            case "api-keys": return ["name": "new", "scopes": ["*"]]
            case "credentials": return ["label": "new"]
            case "templates": return ["name": "new", "subject": "s", "text_body": "x"]
            case "{domain_id}": return ["tracking_host": .null]
            case "{template_id}": return ["subject": "taken"]
            case "master-template": return ["html_body": "{{content}}"]
            case "webhooks": return ["url": "https://hooks.example/x", "events": ["sent"]]
            case "suppressions": return ["email": "new@example.net"]
            case "members", "{subject}": return ["role": "viewer"]
            case "override", "suspend": return ["reason": "test"]
            case "{tenant_id}": return ["tenant_name": "taken"]
            default: return [:]
            }
        }

        /// The answer without what differs from request to request.
        private static func shape(_ answer: APICaller.Answer) -> JSONValue {
            func bare(_ value: JSONValue) -> JSONValue {
                guard case .object(let members) = value else { return value }
                return .object(members.filter { $0.key != "request_id" && $0.key != "id" }.mapValues(bare))
            }
            return bare(answer.json)
        }
    }
}
