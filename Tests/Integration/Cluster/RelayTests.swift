import TestSupport
import Testing

/// Either plane answers every route of a customer.
@Suite(.serialized) struct RelayTests {
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
            tenant.path, "\(tenant.path)/domains", "\(tenant.path)/emails", "\(tenant.path)/emails/\(ids[0])",
            "\(tenant.path)/webhooks", "\(tenant.path)/suppressions", "/api/v1/messages?limit=10",
            "/api/v1/openapi.json",
        ] {
            let (there, here) = (try await control.get(path), try await node.get(path))
            #expect(there.status == 200 && here.status == 200, "\(path): \(there.status), \(here.status)")
            #expect(here.json == there.json, "\(path)")
        }
        let added = try await node.must("POST", "\(tenant.path)/suppressions", ["email": "no@example.net"])
        #expect(added["data"]["email"].text == "no@example.net")

        // The state of a message, asked at the plane and the node that did not take it.
        let other = try await cluster.nodes[1].caller(token: tenant.apiKey)
        for caller in [control, node, other] {
            for id in ids.prefix(2) {
                #expect(try await caller.get("/api/v1/messages/\(id)").json["status"].text == "delivered")
            }
        }

        // What neither has is nowhere, and nothing goes round in circles.
        for caller in [control, node] {
            #expect(try await caller.get("/api/v1/nothing").status == 404)
            let marked = try await caller.send(
                "GET", "/api/v1/nothing", headers: [(name: "X-Dispatch-Relayed", value: "127.0.0.1")])
            #expect(marked.status == 404)
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
}
