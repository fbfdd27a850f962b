import EventLoop
import FoundationEssentials
import TestSupport
import Testing

extension ClusterScenarios {
    /// Either plane answers every route of a customer.
    @Suite struct RelayTests {
        @Test func `one base URL is enough, whichever plane it is of`() async throws {
            let cluster = try await Cluster(nodes: 2)
            let tenant = try await cluster.makeTenant("Relayed", domain: "relayed.example")
            let control = cluster.api.with(token: tenant.apiKey)
            let node = try await cluster.node.caller(token: tenant.apiKey)

            // Sends to the control plane reach a node, every other one in turn.
            var ids: [String] = []
            for number in 1...4 {
                let answer = try await control.must(
                    "POST", "/api/v1/messages", tenant.message("relayed-\(number)"))
                ids.append(try Cluster.messageID(answer["id"].text))
                _ = try await cluster.sink.wait(forSubject: "relayed-\(number)")
            }
            let sent = try await control.must(
                "POST", "\(tenant.path)/send",
                [
                    "from": .string("a@\(tenant.domain)"), "to": ["b@example.net"], "subject": "sent",
                    "text_body": "Hello.",
                ])
            ids.append(try Cluster.messageID(sent["data"]["id"].text))
            for id in ids { _ = try await cluster.waitForLog(of: id, "delivered", tenant) }

            // Reads and settings of the node are those of the control plane.
            for path in [
                tenant.path, "\(tenant.path)/domains", "\(tenant.path)/emails",
                "\(tenant.path)/emails/\(ids[0])",
                "\(tenant.path)/webhooks", "\(tenant.path)/suppressions", "/api/v1/messages?limit=10",
                "/api/v1/openapi.json",
            ] {
                let (there, here) = (try await control.get(path), try await node.get(path))
                #expect(there.status == 200 && here.status == 200, "\(path): \(there.status), \(here.status)")
                #expect(here.json == there.json, "\(path)")
            }
            let added = try await node.must(
                "POST", "\(tenant.path)/suppressions", ["email": "no@example.net"])
            #expect(added["data"]["email"].text == "no@example.net")

            // The state of a message, asked at the plane and the node that did not take it.
            let other = try await cluster.nodes[1].caller(token: tenant.apiKey)
            for caller in [control, node, other] {
                for id in ids.prefix(2) {
                    #expect(try await caller.get("/api/v1/messages/\(id)").json["status"].text == "delivered")
                }
            }

            // What neither has is nowhere, and nobody else marks a request.
            for caller in [control, node] {
                #expect(try await caller.get("/api/v1/nothing").status == 404)
                let marked = try await caller.send(
                    "GET", "/api/v1/nothing", headers: [(name: "X-Dispatch-Relayed", value: "127.0.0.1")])
                // Only a plane that signs it may say that it relays.
                #expect(marked.status == 400 || marked.status == 404)
            }
        }

        @Test func `a plane that cannot reach the other says so`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Alone", domain: "alone.example")
            let control = cluster.api.with(token: tenant.apiKey)
            let node = try await cluster.node.caller(token: tenant.apiKey)
            try await cluster.controlPlaneProcess.kill()
            let read = try await node.get("\(tenant.path)/emails")
            #expect(read.status == 503)
            #expect(read.json["error"]["code"].text == "OTHER_PLANE_UNREACHABLE")
            try await node.must("POST", "/api/v1/messages", tenant.message("still here"))
            _ = try await cluster.sink.wait(forSubject: "still here")

            try await cluster.startControlPlane()
            try await cluster.node.process.kill()
            let send = try await control.post("/api/v1/messages", tenant.message("nobody there"))
            #expect(send.status == 503)
            let codes = ["other_plane_unreachable", "no_node_available"]
            #expect(codes.contains(send.json["code"].text ?? ""), "\(send.text)")
            try await cluster.node.start()
            try await eventually("the node to be used again") {
                try await control.post("/api/v1/messages", tenant.message("back")).status == 202 ? true : nil
            }
        }

        @Test func `the networks that a key is good for hold at both planes`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Networks", domain: "networks.example")
            func key(_ network: String) async throws -> String {
                let made = try await cluster.api.must(
                    "POST", "\(tenant.path)/api-keys",
                    ["name": .string(network), "scopes": ["*"], "allowed_cidrs": [.string(network)]])
                return try Cluster.text(made["data"]["key"].text, "key")
            }
            let keys = (here: try await key("127.0.0.1/32"), there: try await key("127.0.0.2/32"))
            try await cluster.waitUntilNodesHaveEverything()
            for plane in ["the node", "the control plane"] {
                let baseURL =
                    plane == "the node" ? try await cluster.node.caller().baseURL : cluster.api.baseURL
                for ip in ["127.0.0.1", "127.0.0.2"] {
                    for (allowed, key) in [("127.0.0.1", keys.here), ("127.0.0.2", keys.there)] {
                        let status = try await Self.send(
                            tenant.message("\(plane) \(ip) \(allowed)"), from: ip, key: key, to: baseURL)
                        #expect(
                            status == (ip == allowed ? 202 : 403), "\(plane), from \(ip), allowed \(allowed)")
                    }
                }
            }
        }

        private static func send(_ message: JSONValue, from ip: String, key: String, to baseURL: String)
            async throws -> Int
        {
            let body = String(decoding: try JSONEncoder().encode(message), as: UTF8.self)
            let head =
                "POST /api/v1/messages HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer \(key)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            guard let address = SocketAddress(String(baseURL.dropFirst("http://".count))) else { return 0 }
            let answer = try await RawHTTP.exchange(
                address, from: SocketAddress(ip: ip, port: 0), [head + body])
            return answer?.status ?? 0
        }
    }
}
