import HTTP
import TestSupport
import Testing

/// What every door takes of a caller's rate, and what it says when there is none left.
@Suite struct RateTests {
    /// Tenant one may send so many messages in a minute, whatever its key may.
    private func node(_ messagesPerMinute: Int) throws -> HTTPNode {
        try HTTPNode(
            MemoryIntake(
                limits: .init(messagesPerMinute: messagesPerMinute), suppressed: ["gone@x.example"]))
    }

    private func expect(_ answer: HTTPNode.Answer, limit: Int, remaining: Int) {
        #expect(answer.headers["ratelimit-limit"] == "\(limit)", "\(answer.body)")
        #expect(answer.headers["ratelimit-remaining"] == "\(remaining)", "\(answer.body)")
        #expect(answer.headers["ratelimit-reset"] == "60")
    }

    @Test(arguments: RatedDoor.single + RatedDoor.batches)
    func `a message takes one, and so does a request that is refused`(door: RatedDoor) async throws {
        let node = try node(5)
        let sent = try await door.ask(node, door.body(1))
        #expect((200...202).contains(sent.status), "\(sent.body)")
        expect(sent, limit: 5, remaining: 4)
        let refused = try await door.ask(node, door.bad)
        #expect(refused.status == 400, "\(refused.body)")
        expect(refused, limit: 5, remaining: 3)
        let again = try await door.ask(node, door.body(1))
        expect(again, limit: 5, remaining: 2)
        #expect(node.intake.kept.count == 2)
    }

    @Test(arguments: RatedDoor.single + RatedDoor.batches)
    func `a key's own rate ends with 429, which says when to come again`(door: RatedDoor) async throws {
        let node = try HTTPNode(MemoryIntake())
        for _ in 0..<2 {
            let sent = try await door.ask(node, door.body(1), key: "dsp_live_one_slow")
            #expect((200...202).contains(sent.status), "\(sent.body)")
        }
        let refused = try await door.ask(node, door.body(1), key: "dsp_live_one_slow")
        #expect(refused.status == 429, "\(refused.body)")
        expect(refused, limit: 2, remaining: 0)
        #expect(Int(refused.headers["retry-after"] ?? "") != nil)
        #expect(node.intake.kept.count == 2)
        let other = try await door.ask(node, door.body(1))
        #expect((200...202).contains(other.status), "\(other.body)")
    }

    @Test(arguments: RatedDoor.batches)
    func `a batch takes one for each message`(door: RatedDoor) async throws {
        let node = try node(5)
        let sent = try await door.ask(node, door.body(3))
        #expect(sent.status == 200, "\(sent.body)")
        expect(sent, limit: 5, remaining: 2)
        let rest = try await door.ask(node, door.body(2))
        #expect(rest.status == 200, "\(rest.body)")
        expect(rest, limit: 5, remaining: 0)
        #expect(node.intake.kept.count == 5)
        #expect(try await door.ask(node, door.body(1)).status == 429)
    }

    @Test(arguments: RatedDoor.batches)
    func `of a batch beyond the rate each message fails alone, or all do where all belong together`(
        door: RatedDoor
    ) async throws {
        let node = try node(2)
        let answer = try await door.ask(node, door.body(3))
        switch door.batch {
        case .each(let codes, let code):
            #expect(answer.status == 200, "\(answer.body)")
            #expect(codes(answer) == [nil, nil, code], "\(answer.body)")
            expect(answer, limit: 2, remaining: 0)
            #expect(node.intake.kept.count == 2)
        case .whole:
            #expect(answer.status == 429, "\(answer.body)")
            #expect(answer.json["code"] == "rate_limited")
            #expect(Int(answer.headers["retry-after"] ?? "") != nil)
            expect(answer, limit: 2, remaining: 1)
            #expect(node.intake.kept.isEmpty)
            #expect(try await door.ask(node, door.body(1)).status == 200)
        case nil: Issue.record("no batch")
        }
    }

    @Test func `each message of a batch takes its one whatever becomes of it`() async throws {
        let good = #"{"from":"a@one.example","to":["j@x.example"],"subject":"s","text":"x"}"#
        let gone = good.replacing("j@x", with: "gone@x")
        for (path, headers, json, status) in [
            ("/v1/messages/batch", [], #"{"messages":[\#(good),{},\#(gone)]}"#, 200),
            ("/api/v1/emails/batch", ["x-batch-validation: permissive"], "[\(good),{},\(gone)]", 200),
        ] {
            let node = try node(5)
            let answer = try await node.ask("POST", path, headers: headers, json: json)
            #expect(answer.status == status, "\(answer.body)")
            expect(answer, limit: 5, remaining: 2)
            #expect(node.intake.kept.count == 1)
        }
        let node = try node(5)
        let answer = try await node.form(
            "/v3/one.example/messages",
            [
                "from": "a@one.example", "to": "gone@x.example,j@x.example", "text": "x",
                "recipient-variables": "{}",
            ])
        expect(answer, limit: 5, remaining: 3)
    }

    @Test(arguments: ["{}", #"{"from":"a@one.example","to":["gone@x.example"],"subject":"s","text":"x"}"#])
    func `a batch that is refused as a whole has taken one`(third: String) async throws {
        let good = #"{"from":"a@one.example","to":["j@x.example"],"subject":"s","text":"x"}"#
        let node = try node(5)
        let refused = try await node.ask("POST", "/api/v1/emails/batch", json: "[\(good),\(good),\(third)]")
        #expect(refused.status == 400, "\(refused.body)")
        expect(refused, limit: 5, remaining: 4)
        let sent = try await node.ask("POST", "/api/v1/emails/batch", json: "[\(good),\(good),\(good)]")
        #expect(sent.status == 200)
        expect(sent, limit: 5, remaining: 1)
    }

    @Test(arguments: [
        ("GET", "/api/v1/messages/spl_1", ""), ("DELETE", "/v1/messages/x/schedule", ""),
        ("POST", "/api/v1/emails/x/cancel", "{}"), ("PATCH", "/api/v1/emails/x", "{}"),
    ])
    func `a question or a change takes from the key's rate and leaves the tenant's for messages`(
        method: String, path: String, json: String
    ) async throws {
        let node = try node(1)
        for remaining in [99, 98] {
            let asked = try await node.ask(method, path, json: json)
            #expect(asked.status == 404, "\(asked.body)")
            expect(asked, limit: 100, remaining: remaining)
        }
        let sent = try await node.ask(json: #"{"from":"a@one.example","to":"j@x.example","text":"x"}"#)
        #expect(sent.status == 202)
        expect(sent, limit: 1, remaining: 0)
        for status in [404, 404, 429] {
            let asked = try await node.ask(method, path, key: "dsp_live_one_slow", json: json)
            #expect(asked.status == status)
            #expect((asked.headers["retry-after"] != nil) == (status == 429))
        }
    }

    @Test func `a test key takes nothing of the tenant's rate`() async throws {
        let node = try node(1)
        let json = #"{"from":"a@one.example","to":"j@x.example","text":"x"}"#
        expect(try await node.ask(key: "dsp_test_one", json: json), limit: 100, remaining: 99)
        expect(try await node.ask(json: json), limit: 1, remaining: 0)
        expect(try await node.ask(key: "dsp_test_one", json: json), limit: 100, remaining: 98)
    }

    @Test(arguments: [(3, "3"), (99, "99"), (500, "99")])
    func `of the rates here and where the answer was made the narrower one is told`(
        there: Int, told: String
    ) async throws {
        let node = try HTTPNode(
            MemoryIntake(),
            relay: { _, _ in
                HTTPResponse(status: 200).header("RateLimit-Limit", "600")
                    .header("RateLimit-Remaining", "\(there)").header("RateLimit-Reset", "60")
            })
        let answer = try await node.ask("GET", "/api/v1/messages/spl_1")
        #expect(answer.status == 200)
        #expect(answer.headers["ratelimit-remaining"] == told)
        #expect(answer.headers["ratelimit-limit"] == (there == 3 ? "600" : "100"))
    }

    @Test func `SMTP takes from the same rate, also for a message that is refused`() async throws {
        let intake = try MemoryIntake(limits: .init(messagesPerMinute: 4))
        let (smtp, http) = (try SMTPNode(intake), try HTTPNode(intake))
        let client = try await smtp.login()
        func send(_ message: String) async throws -> String {
            try await client.open()
            try #require(await client.ask("DATA").hasPrefix("354"))
            return try await client.ask(message + ".")
        }
        #expect(try await send(goodMessage).hasPrefix("250"))
        #expect(try await send("Subject: no author\r\n\r\nx\r\n").hasPrefix("550"))
        let json = #"{"from":"a@one.example","to":"j@x.example","text":"x"}"#
        expect(try await http.ask(json: json), limit: 4, remaining: 1)
        #expect(try await send(goodMessage).hasPrefix("250"))
        #expect(try await send(goodMessage).hasPrefix("450 4.7.1"))
        #expect(try await http.ask(json: json).status == 429)
        #expect(intake.kept.count == 3)
    }
}
