import TestSupport
import Testing

extension ClusterScenarios {
    /// What the OpenAPI document says is what is served.
    @Suite struct DocumentTests {
        private static let whole = "/openapi/dispatch.json"
        /// The documents of the dialects whose tenant is that of the key.
        private static let dialects = ["/openapi/messages.json", "/openapi/emails.json"]
        private static let documents = [whole] + dialects

        @Test func `every route answers the example of the document as the document says`() async throws {
            guard let provider = try await ProviderDouble.ifInstalled() else { return }
            let cluster = try await Cluster(settings: provider.settings)
            let document = APIDocument(
                try await cluster.api.with(token: nil).must("GET", Self.whole))
            #expect(document.operations.count >= 55)
            var tour = try await DocumentTour(cluster, document, at: provider)
            try await tour.run(document.operations)
            print("\(tour.calls) routes of the document called with their examples")
        }

        @Test(arguments: dialects)
        func `every route of a key's dialect answers its example at both planes`(path: String) async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Toured", domain: "yourdomain.com")
            let document = APIDocument(try await cluster.api.must("GET", path))
            for plane in [cluster.api, try await cluster.node.caller()] {
                var tour = DocumentTour(cluster, document, of: tenant, at: plane)
                try await tour.run(document.operations)
                print("\(tour.calls) routes of \(path) called with their examples at \(plane.baseURL)")
            }
        }

        @Test func `the operators' routes answer theirs too`()
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Operated", domain: "operated.example")
            let document = APIDocument(try await cluster.api.must("GET", "/api/v1/openapi.json"))
            let operations = document.operations.filter { $0.path.hasPrefix("/api/v1/admin/") }
            #expect(operations.count >= 55)
            var tour = try await DocumentTour(cluster, document, operating: tenant)
            try await tour.run(operations)
            print("\(tour.calls) routes of operators called with their examples")
        }

        @Test(arguments: documents)
        func `what is wrong with a request is answered as the document says, at both planes`(path: String)
            async throws
        {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Wrong", domain: "wrong.example")
            let document = APIDocument(try await cluster.api.must("GET", path))
            let node = try await cluster.node.caller()
            var count = 0
            for plane in [cluster.api, node] {
                var caller = plane.with(token: tenant.apiKey)
                if path == Self.whole { caller.headers = cluster.api.headers }
                for operation in document.operations {
                    for wrong in Self.wrongs {
                        var values = Dictionary(
                            operation.parameters.map { ($0, wrong.id) }
                        ) { first, _ in first }
                        values["tenant_id"] = tenant.id
                        let target = operation.filled(values) + wrong.query
                        let body = operation.request == nil ? nil : Array(wrong.body.utf8)
                        let answer = try await caller.send(operation.method, target, bytes: body)
                        count += 1
                        let what = "\(operation.name) with \(wrong.name) at \(caller.baseURL)"
                        #expect(answer.status < 500, "\(what): \(answer.status) \(answer.text)")
                        let problems = document.problems(of: answer, to: operation)
                        #expect(problems.isEmpty, "\(what): \(answer.status) \(answer.text) \(problems)")
                    }
                }
            }
            print("\(count) wrong requests answered as \(document.json["info"]["title"].text ?? path) says")
        }

        /// What may be wrong with a request; ids are none that exist.
        private static let wrongs: [(name: String, id: String, query: String, body: String)] = {
            let id = "11111111-1111-4111-8111-111111111111"
            return [
                ("an unknown field", id, "", #"{"nonsense_":1}"#), ("no field", id, "", "{}"),
                ("a list", id, "", "[1]"), ("broken JSON", id, "", "{\"a\":"), ("no bytes", id, "", ""),
                ("a NUL", id, "", #"{"name":"\u0000","label":"\u0000","reason":"\u0000"}"#),
                ("a deep body", id, "", String(repeating: "[", count: 200)),
                ("a body of 3 MB", id, "", "{\"name\":\"\(String(repeating: "x", count: 3_000_000))\"}"),
                ("an id that is none", "no-id", "", "{}"), ("an odd id", "%00%ff", "", "{}"),
                ("a long id", String(repeating: "9", count: 400), "", "{}"),
                ("a limit that is none", id, "?limit=x&offset=-1", "{}"),
                ("a page far away", id, "?limit=100&page=99999999999999999999", "{}"),
                ("a time that is none", id, "?since=yesterday&status=odd&email=odd", "{}"),
            ]
        }()

        @Test(arguments: documents)
        func `the document has an example of every body, which fits its own schema`(path: String) async throws
        {
            let cluster = try await Cluster(nodes: 0)
            let document = APIDocument(try await cluster.api.must("GET", path))
            for operation in document.operations {
                if let request = operation.request {
                    check(request.content, "\(operation.name): request", document)
                }
                for (status, response) in operation.value["responses"].members {
                    for content in response["content"].members.values {
                        check(content, "\(operation.name): \(status)", document)
                    }
                }
            }
        }

        private func check(_ content: JSONValue, _ what: String, _ document: APIDocument) {
            #expect(content["example"] != .null, "\(what) has no example")
            let problems = document.schema.problems(of: content["example"], against: content["schema"])
            #expect(problems.isEmpty, "\(what): \(problems)")
        }

        @Test(arguments: documents)
        func `both planes serve the same document`(path: String) async throws {
            let cluster = try await Cluster()
            let node = try await cluster.node.caller()
            #expect(try await node.must("GET", path) == cluster.api.must("GET", path))
        }
    }
}
