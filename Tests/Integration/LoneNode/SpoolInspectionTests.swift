import TestSupport
import Testing

/// An operator looks into a node's spool.
@Suite struct SpoolInspectionTests {
    @Test func `a spool can be looked at while its node runs and when it does not, and stays as it is`()
        async throws
    {
        let node = try await LoneNode(["DISPATCH_HOLD_DELIVERY": "true"])
        let process = try await node.start()
        let caller = try await node.caller()
        var ids: [String] = []
        for to in ["a@one.example, b@two.example", "c@one.example"] {
            let sent = try await caller.must(
                "POST", "/api/v1/messages", node.message("look", to: to, text: "The body of \(to)."))
            ids.append(try #require(sent["id"].text))
        }

        let running = try await SpoolTools.inspect(node.path, "--json")
        #expect(running.exit == .code(0), "\(running.errors)")
        #expect(running.json["open_in_process"].integer == Int(process.child.pid))
        #expect(running.json["entries"].integer == 2)
        #expect(running.json["recipients"].integer == 3)
        #expect(running.json["by_state"][0]["name"].text == "queued")
        #expect(running.json["by_tenant"][0]["name"].text == node.fixture.tenant)
        let destinations = running.json["by_destination"].elements.map { $0["name"].text }
        #expect(destinations == ["one.example", "two.example"])
        let filtered = try await SpoolTools.inspect(
            node.path, "--destination", "two.example", "--limit", "1", "--json")
        #expect(filtered.json["entries"].integer == 1)
        #expect(filtered.json["recipients"].integer == 1)

        try await process.kill()
        let before = try SpoolTools.contents(node.path)
        let stopped = try await SpoolTools.inspect(node.path + "/spool")
        #expect(stopped.exit == .code(0), "\(stopped.errors)")
        #expect(stopped.output.contains("open entries   2, of them 0 webhooks; 3 recipients"))
        #expect(!stopped.output.contains("open in process"))
        let one = try await SpoolTools.inspect(node.path, ids[0], "--json")
        #expect(one.json["is_open"].bool == true)
        #expect(one.json["recipients"].elements.map { $0["state"].text } == ["queued", "queued"])
        #expect(one.json["history"].elements.map { $0["what"].text } == ["accepted"])
        let body = try await SpoolTools.inspect(node.path, ids[0], "--body")
        #expect(body.output.contains("The body of a@one.example, b@two.example."))
        #expect(try SpoolTools.contents(node.path) == before)
        try await node.start()
    }

    @Test func `the history of a message tells each attempt with its answer`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let message = node.message("three fates", to: "fine@example.net, defer@example.net")
        let id = try #require(
            try await node.caller().must("POST", "/api/v1/messages", message)["id"].text)
        let steps = try await eventually("the attempt in the spool") {
            let found = try await SpoolTools.inspect(node.path, id, "--json").json["history"].elements
            return found.contains { $0["what"].text == "deferred" }
                && found.contains { $0["what"].text == "delivered" } ? found : nil
        }
        #expect(Set(steps.compactMap { $0["what"].text }).isSuperset(of: ["accepted", "started"]))
        let deferred = try #require(steps.first { $0["what"].text == "deferred" })
        #expect(deferred["recipient"].text == "defer@example.net")
        #expect(deferred["response"].text?.contains("Try again later") == true)
        #expect(deferred["next_attempt_at"].text != nil)
        let text = try await SpoolTools.inspect(node.path, id)
        #expect(text.output.contains("defer@example.net: deferred, 1 attempts"))
    }

    @Test func `what cannot be answered is refused with words and a code`() async throws {
        let folder = try TemporaryDirectory()
        for (words, code, text) in [
            (["inspect", folder.path], 1, "is neither a node's directory nor a spool"),
            (["inspect", folder.path, "--fast"], 64, "there is no option --fast"),
            (["look"], 64, "no command"),
        ] as [([String], Int32, String)] {
            let answer = try await SpoolTools.run(["spool"] + words)
            #expect(answer.exit == .code(code))
            #expect(answer.errors.contains(text), "\(answer.errors)")
            #expect(answer.output.isEmpty)
        }
        let help = try await SpoolTools.run(["spool", "--help"])
        #expect(help.exit == .code(0))
        #expect(help.output.contains("mta-node spool adopt DIR"))
    }
}
