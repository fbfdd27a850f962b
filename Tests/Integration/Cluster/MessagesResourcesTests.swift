import FoundationEssentials
import TestSupport
import Testing

extension ClusterScenarios {
    /// The resources of the Messages API as a key calls them, at both planes.
    @Suite struct MessagesResourcesTests {
        private static let subjects = ["webhooks", "templates", "domains", "suppressions", "analytics"]

        private static func operations(of document: APIDocument) -> [APIDocument.Operation] {
            document.operations.filter { operation in
                subjects.contains { operation.path == "/v1/\($0)" || operation.path.hasPrefix("/v1/\($0)/") }
            }
        }

        private static let access: [String: String] = {
            var rows = [
                "GET /v1/analytics/overview": "scope emails:read",
                "GET /v1/analytics/timeseries": "scope emails:read",
                "PUT /v1/templates/{template_id}": "scope templates:write",
                "PATCH /v1/templates/{template_id}": "scope templates:write",
                "POST /v1/templates/{template_id}/preview": "scope templates:read",
                "PATCH /v1/webhooks/{webhook_id}": "scope webhooks:write",
                "POST /v1/webhooks/{webhook_id}/rotate-secret": "scope webhooks:write",
                "POST /v1/domains/{domain_id}/verify": "scope domains:write",
            ]
            for (subject, id) in [
                ("webhooks", "webhook_id"), ("templates", "template_id"), ("domains", "domain_id"),
                ("suppressions", "email"),
            ] {
                rows["POST /v1/\(subject)"] = "scope \(subject):write"
                rows["GET /v1/\(subject)"] = "scope \(subject):read"
                rows["GET /v1/\(subject)/{\(id)}"] = "scope \(subject):read"
                rows["DELETE /v1/\(subject)/{\(id)}"] = "scope \(subject):write"
            }
            return rows
        }()

        @Test func `every route answers the example of the document as the document says`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Resourceful", domain: "resources.example")
            let document = APIDocument(try await cluster.api.must("GET", "/openapi/messages-v1.json"))
            let operations = Self.operations(of: document).sorted { Self.rank($0) < Self.rank($1) }
            #expect(operations.count == Self.access.count)
            for plane in [cluster.api, try await cluster.node.caller()] {
                let caller = plane.with(token: tenant.apiKey)
                var values: [String: String] = [:]
                for operation in operations {
                    let body = try operation.request.map { try $0.content["example"].encoded() }
                    let answer = try await caller.send(
                        operation.method, operation.filled(values), bytes: body)
                    let what = "\(operation.name) at \(plane.baseURL): \(answer.status) \(answer.text)"
                    #expect((200..<300).contains(answer.status), "\(what)")
                    let problems = document.problems(of: answer, to: operation)
                    #expect(problems.isEmpty, "\(what): \(problems)")
                    let subject = operation.path.split(separator: "/").last.map { String($0.dropLast()) }
                    guard operation.method == "POST", operation.parameters.isEmpty, let subject else {
                        continue
                    }
                    let made = answer.json["data"]
                    if let id = made["id"].text { values["\(subject)_id"] = id }
                    if let email = made["email"].text { values["email"] = email }
                }
            }
        }

        /// Makers, lookers and changers, removers.
        private static func rank(_ operation: APIDocument.Operation) -> Int {
            switch operation.method {
            case "POST" where operation.parameters.isEmpty: 0
            case "DELETE": 2
            default: 1
            }
        }

        @Test func `every route lets in the keys that it should, and nobody else`() async throws {
            let cluster = try await Cluster(settings: [
                "DISPATCH_TOKEN_HS256_SECRET": AccessCallers.secret,
                "DISPATCH_TOKEN_ISSUER": AccessCallers.issuer, "DISPATCH_TOKEN_AUDIENCE": "dispatch",
            ])
            let document = APIDocument(try await cluster.api.must("GET", "/openapi/messages-v1.json"))
            let operations = Self.operations(of: document)
            for operation in operations {
                #expect(operation.access == Self.access[operation.name], "\(operation.name)")
            }
            let callers = try await AccessCallers(cluster)
            for plane in [cluster.api.with(token: nil), try await cluster.node.caller()] {
                for operation in operations {
                    for caller in callers.all {
                        try await check(operation, by: caller, at: plane, document)
                    }
                }
            }
        }

        private func check(
            _ operation: APIDocument.Operation, by caller: AccessCallers.Caller, at plane: APICaller,
            _ document: APIDocument
        ) async throws {
            let id = UUID().uuidString.lowercased()
            let path = operation.filled(
                Dictionary(operation.parameters.map { ($0, id) }) { first, _ in first })
            let body = try operation.request.map { try $0.content["example"].encoded() }
            let answer = try await plane.send(operation.method, path, bytes: body, headers: caller.headers)
            let what =
                "\(caller.name): \(operation.name) at \(plane.baseURL): \(answer.status) \(answer.text)"
            let problems = document.problems(of: answer, to: operation)
            #expect(problems.isEmpty, "\(what): \(problems)")
            let code = answer.json["error"]["code"].text
            let scope = operation.access.split(separator: " ").last.map(String.init) ?? ""
            switch caller.standing {
            case .notProven: #expect(answer.status == 401 && code == "unauthenticated", "\(what)")
            case .suspended where operation.method != "GET":
                #expect(answer.status == 403 && code == "tenant_not_active", "\(what)")
            case .role("viewer") where !scope.hasSuffix(":read"):
                #expect(answer.status == 403 && code == "scope_missing", "\(what)")
            // A token for one tenant is at home in it.
            case .stranger, .role, .suspended:
                #expect(![401, 403].contains(answer.status) && answer.status < 500, "\(what)")
            case .key(let scopes) where !scopes.contains("*") && !scopes.contains(scope):
                #expect(answer.status == 403 && code == "scope_missing", "\(what)")
            // Each key has a tenant of its own, whose records it asks for.
            case .key: #expect(![401, 403].contains(answer.status) && answer.status < 500, "\(what)")
            case .foreignKey: #expect(answer.status != 401 && answer.status < 500, "\(what)")
            }
        }

        @Test func `what is wrong with a request is answered as the document says`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Wrong", domain: "wrong.example")
            let document = APIDocument(try await cluster.api.must("GET", "/openapi/messages-v1.json"))
            let wrongs = [
                ("11111111-1111-4111-8111-111111111111", "", #"{"nonsense_":1}"#), ("no-id", "", "{}"),
                ("%00%ff", "", "[1]"), (String(repeating: "9", count: 400), "?limit=x&per_page=x", "{\"a\":"),
                ("no@id", "?page=99999999999999999999&from=x&group_by=x", #"{"name":"\u0000"}"#),
                (
                    "x%0a", "?search=%00&source=odd&status=odd&since=odd",
                    #"{"email":"\u0000","reason":"\u0000"}"#
                ),
                ("-", "?to=99999-99-99", #"{"domain":"\u0000.example","url":"\u0000","events":["inbound"]}"#),
                (
                    "x", "?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
                    #"{"subject":"\u0000","description":"\u0000"}"#
                ),
            ]
            for plane in [cluster.api, try await cluster.node.caller()] {
                let caller = plane.with(token: tenant.apiKey)
                for operation in Self.operations(of: document) {
                    for (id, query, body) in wrongs {
                        let values = Dictionary(operation.parameters.map { ($0, id) }) { first, _ in first }
                        let answer = try await caller.send(
                            operation.method, operation.filled(values) + query,
                            bytes: operation.request == nil ? nil : Array(body.utf8))
                        let what = "\(operation.name) \(id)\(query) \(body): \(answer.status) \(answer.text)"
                        #expect(answer.status < 500, "\(what)")
                        let problems = document.problems(of: answer, to: operation)
                        #expect(problems.isEmpty, "\(what): \(problems)")
                    }
                }
            }
        }
    }
}
