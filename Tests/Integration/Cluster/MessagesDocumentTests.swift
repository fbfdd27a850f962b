import FoundationEssentials
import TestSupport
import Testing

extension ClusterScenarios {
    /// What the document of the Messages API says of messages is what is served.
    @Suite struct MessagesDocumentTests {
        private static let path = "/openapi/messages-v1.json"

        private static func operations(_ document: APIDocument) -> [APIDocument.Operation] {
            document.operations.filter { $0.path.hasPrefix("/v1/messages") }
        }

        @Test func `every route answers the example of the document as the document says, at both planes`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Example", domain: "yourdomain.com")
            let control = cluster.api.with(token: tenant.apiKey)
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let document = APIDocument(try await control.must("GET", Self.path))
            #expect(
                Set(Self.operations(document).map(\.name)) == Set(AccessTable.messages.map(\.route)))
            for caller in [control, node] {
                for operation in Self.operations(document) {
                    let waits = operation.method == "DELETE"
                    let id = try await Self.send(tenant, by: caller, waits: waits)
                    let example = try operation.request.map { Array(try $0.content["example"].encoded()) }
                    let answer = try await caller.send(
                        operation.method, operation.filled(["message_id": id]), bytes: example)
                    let what = "\(operation.name) at \(caller.baseURL): \(answer.status) \(answer.text)"
                    #expect((200..<300).contains(answer.status), "\(what)")
                    let problems = document.problems(of: answer, to: operation)
                    #expect(problems.isEmpty, "\(what): \(problems)")
                }
            }
            #expect(try await node.must("GET", Self.path) == document.json)
        }

        private static func send(
            _ tenant: TestTenant, by caller: APICaller, waits: Bool
        ) async throws -> String {
            var message: [String: JSONValue] = [
                "from": .string("app@\(tenant.domain)"), "to": "john@example.net", "subject": "s",
                "text": "x",
            ]
            if waits { message["scheduled_at"] = .string(Self.tomorrow) }
            let sent = try await caller.must("POST", "/v1/messages/send", .object(message))
            return try Cluster.text(sent["data"]["id"].text, "id")
        }

        private static var tomorrow: String {
            Date(timeIntervalSinceNow: 86_400).formatted(Date.ISO8601FormatStyle())
        }

        @Test func `what is wrong with a request is answered as the document says, at both planes`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Wrong", domain: "wrong.example")
            let control = cluster.api.with(token: tenant.apiKey)
            let node = try await cluster.node.caller(token: tenant.apiKey)
            let document = APIDocument(try await control.must("GET", Self.path))
            var count = 0
            for caller in [control, node] {
                for operation in Self.operations(document) {
                    for (id, query, body) in Self.wrongs {
                        let path = operation.filled(["message_id": id]) + query
                        let answer = try await caller.send(
                            operation.method, path,
                            bytes: operation.request == nil ? nil : Array(body.utf8))
                        count += 1
                        let what = "\(operation.name) \(query) \(body.prefix(60)) at \(caller.baseURL)"
                        #expect(answer.status < 500, "\(what): \(answer.status) \(answer.text)")
                        let problems = document.problems(of: answer, to: operation)
                        #expect(problems.isEmpty, "\(what): \(answer.status) \(answer.text) \(problems)")
                    }
                }
            }
            print("\(count) wrong requests answered as documented")
        }

        private static let wrongs: [(id: String, query: String, body: String)] = {
            let id = "11111111-1111-4111-8111-111111111111"
            return [
                (id, "", "{}"), (id, "", "[1]"), (id, "", "{\"a\":"), (id, "", ""), ("msg_abc123", "", "{}"),
                ("%00%ff", "", #"{"messages":[{}]}"#), (id, "?limit=x", #"{"messages":[]}"#),
                (id, "?offset=-1", String(repeating: "[", count: 200)),
                (id, "?status=odd", #"{"from":"\u0000","to":"\u0000","subject":"\u0000","text":"\u0000"}"#),
                (id, "?since=yesterday", #"{"recipient_variables":{"x":{}},"from":"x","subject":"x"}"#),
                (id, "?to=%00", "{\"subject\":\"\(String(repeating: "x", count: 3_000_000))\"}"),
            ]
        }()

        @Test func `every example fits its own schema`() async throws {
            let cluster = try await Cluster(nodes: 0)
            let document = APIDocument(try await cluster.api.must("GET", Self.path))
            for operation in Self.operations(document) {
                var contents = [("request", operation.request?.content)].compactMap { name, content in
                    content.map { (name, $0) }
                }
                for (status, response) in operation.value["responses"].members {
                    contents += response["content"].members.values.map { (status, $0) }
                }
                for (name, content) in contents {
                    #expect(content["example"] != .null, "\(operation.name): \(name) has no example")
                    let problems = document.schema.problems(
                        of: content["example"], against: content["schema"])
                    #expect(problems.isEmpty, "\(operation.name): \(name): \(problems)")
                }
            }
        }

        @Test func `every route lets in whom it should, at both planes`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Victim", domain: "victim.example")
            let suspended = try await cluster.makeTenant("Late payer", domain: "late.example")
            let document = APIDocument(try await cluster.api.must("GET", Self.path))
            let narrow = try await cluster.api.must(
                "POST", "\(tenant.path)/api-keys", ["name": "narrow", "scopes": ["ingest:read"]])["data"][
                    "key"
                ].text
            try await cluster.api.must(
                "POST", "/api/v1/admin/tenants/\(suspended.id)/suspend", ["reason": "unpaid"])
            try await cluster.waitUntilNodesHaveEverything()
            let accesses = Dictionary(
                uniqueKeysWithValues: AccessTable.messages.map { ($0.route, $0.access) })
            for plane in [cluster.api.with(token: nil), try await cluster.node.caller()] {
                for operation in Self.operations(document) {
                    #expect(operation.access == accesses[operation.name], "\(operation.name)")
                    let path = operation.filled(["message_id": UUID().uuidString])
                    let body = try operation.request.map { Array(try $0.content["example"].encoded()) }
                    for (token, status, code) in [
                        (nil, 401, "unauthenticated"), ("dsp_live_never", 401, "unauthenticated"),
                        (narrow, 403, "scope_missing"),
                        (suspended.apiKey, operation.method == "GET" ? 0 : 403, "tenant_not_active"),
                    ] {
                        let answer = try await plane.with(token: token).send(
                            operation.method, path, bytes: body)
                        let what = "\(operation.name) by \(token?.prefix(9) ?? "nobody") at \(plane.baseURL)"
                        guard status > 0 else {
                            #expect([200, 404].contains(answer.status), "\(what): \(answer.text)")
                            continue
                        }
                        #expect(answer.status == status, "\(what): \(answer.status) \(answer.text)")
                        #expect(answer.json["error"]["code"].text == code, "\(what): \(answer.text)")
                    }
                }
            }
        }
    }
}
