import TestSupport
import Testing

/// `POST /v1/messages/batch`.
@Suite struct MessagesBatchTests {
    private let node: HTTPNode
    private static let path = "/v1/messages/batch"

    init() throws { node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    private func send(_ json: String, key: String = "dsp_live_one") async throws -> HTTPNode.Answer {
        try await node.ask("POST", Self.path, key: key, json: json)
    }

    @Test func `each recipient gets a message of his own, filled in for him, in the order of the request`()
        async throws
    {
        let answer = try await send(
            #"""
            {"from":"hello@one.example","subject":"Welcome, {{name}}!",
             "html":"<p>Hi {{name}}, your code is {{code}}.</p>","template_data":{"code":"NONE"},
             "recipient_variables":{
                "zoe@x.example":{"name":"Zoe","code":"A,\"}B"}, "alice@x.example" : {"name":"Alice"},
                "b\u006Fb@x.example":{"name":"Bob","code":"XYZ"}}}
            """#)
        #expect(answer.status == 200, "\(answer.body)")
        let data = answer.json["data"]
        #expect(data["total"] == 3 && data["queued"] == 3 && data["errors"] == 0)
        let kept = node.intake.kept
        #expect(data["messages"].elements.map { $0["index"] } == [0, 1, 2])
        #expect(
            data["messages"].elements.map { $0["to"] } == [
                "zoe@x.example", "alice@x.example", "bob@x.example",
            ])
        #expect(data["messages"].elements.map { $0["id"].text } == kept.map(\.id.description))
        #expect(kept.map(\.subject) == ["Welcome, Zoe!", "Welcome, Alice!", "Welcome, Bob!"])
        #expect(kept.map(\.recipients.count) == [1, 1, 1])
        #expect(kept[1].text.contains("your code is NONE"))
        #expect(!kept[0].text.contains("alice@") && !kept[0].text.contains("Alice"))
    }

    @Test func `what is wrong with one message fails it alone`() async throws {
        let answer = try await send(
            #"""
            {"messages":[
              {"from":"a@one.example","to":"alice@x.example","subject":"s","html":"x"},
              {"from":"a@two.example","to":"j@x.example","subject":"s","html":"x"},
              {"from":"a@one.example","to":"j@x.example","html":"x"},
              17,
              {"from":"a@one.example","to":"j@x.example","subject":"s","html":"x","odd":1},
              {"from":"a@one.example","to":"gone@x.example","subject":"s","html":"x"},
              {"from":"a@one.example","to":["bob@x.example"],"subject":"s","text":"x",
               "scheduled_at":"2027-01-16T00:00:00Z"}]}
            """#)
        #expect(answer.status == 200, "\(answer.body)")
        let data = answer.json["data"]
        #expect(data["total"] == 7 && data["queued"] == 2 && data["errors"] == 5)
        let messages = data["messages"].elements
        #expect(
            messages.map { $0["status"].text } == [
                "queued", "error", "error", "error", "error", "error", "scheduled",
            ])
        #expect(
            messages.map { $0["code"].text } == [
                nil, "domain_not_verified", "missing_subject", "invalid_field", "unknown_field",
                "recipient_suppressed", nil,
            ])
        #expect(node.intake.kept.map(\.recipients) == [["alice@x.example"], ["bob@x.example"]])
    }

    @Test(arguments: [
        (#"{}"#, "missing_field", "messages"), (#"{"messages":[]}"#, "invalid_field", "messages"),
        (#"{"messages":{}}"#, "invalid_field", "messages"),
        (#"{"messages":[{}],"from":"a@one.example"}"#, "unknown_field", "from"),
        (#"{"recipient_variables":{}}"#, "invalid_field", "recipient_variables"),
        (
            #"{"from":"a@one.example","to":"j@x.example","subject":"s","text":"x","#
                + #""recipient_variables":{"j@x.example":{}}}"#, "invalid_field", "to"
        ),
        (
            #"{"from":"a@one.example","text":"x","recipient_variables":{"j@x.example":{}}}"#,
            "missing_subject", "subject"
        ),
        (
            #"{"from":"a@one.example","subject":"s","text":"x","recipient_variables":{"j@x.example":7}}"#,
            "invalid_field", "recipient_variables.j@x.example"
        ),
    ])
    func `an envelope that is not well formed is refused as a whole`(
        json: String, code: String, field: String
    ) async throws {
        let answer = try await send(json)
        #expect(answer.status == 400, "\(answer.body)")
        #expect(answer.json["error"]["code"].text == code, "\(answer.body)")
        #expect(answer.json["error"]["field"].text == field, "\(answer.body)")
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `a thousand messages are taken, more are not`() async throws {
        func list(_ count: Int) -> String {
            let one = #"{"from":"a@one.example","to":"j@x.example","subject":"s","text":"x"}"#
            return "{\"messages\":[\(Array(repeating: one, count: count).joined(separator: ","))]}"
        }
        // one@dispatch.example:dp_sk_one, whose rate has no limit.
        let basic = "Authorization: Basic b25lQGRpc3BhdGNoLmV4YW1wbGU6ZHBfc2tfb25l"
        let answer = try await node.ask("POST", Self.path, key: nil, headers: [basic], json: list(1_000))
        #expect(answer.json["data"]["queued"] == 1_000)
        #expect(try await send(list(1_001)).status == 400)
        #expect(node.intake.kept.count == 1_000)
    }

    @Test func `names that only Unicode holds for the same are counted each`() async throws {
        func people(_ count: Int) -> String {
            let plain = (2..<count).map { "\"j\($0)@x.example\":{}" }
            let names = ["\"Jos\\u00E9 <jose@x.example>\":{}", "\"Jose\\u0301 <jose@x.example>\":{}"] + plain
            return #"{"from":"a@one.example","subject":"s","text":"x","recipient_variables":{"#
                + names.joined(separator: ",") + "}}"
        }
        let answer = try await send(people(1_001))
        #expect(answer.status == 400)
        #expect(answer.json["error"]["field"] == "recipient_variables")
        #expect(node.intake.kept.isEmpty)
        let two = try await send(people(2))
        #expect(two.json["data"]["queued"] == 2, "\(two.body)")
    }

    @Test func `each message takes one from the rate`() async throws {
        let one = #"{"from":"a@one.example","to":"j@x.example","subject":"s","text":"x"}"#
        let answer = try await send("{\"messages\":[\(one),\(one),\(one)]}", key: "dsp_live_one_slow")
        #expect(answer.status == 200)
        #expect(
            answer.json["data"]["messages"].elements.map { $0["code"].text } == [
                nil, nil, "rate_limit_exceeded",
            ])
        #expect(answer.headers["ratelimit-remaining"] == "0")
        #expect(node.intake.kept.count == 2)
    }

    @Test func `copies that come to too much are refused before they are made`() async throws {
        let file = String(repeating: "A", count: 8_000_000)
        let people = (0..<100).map { "\"j\($0)@x.example\":{}" }.joined(separator: ",")
        let answer = try await send(
            #"{"from":"a@one.example","subject":"s","text":"x","#
                + "\"attachments\":[{\"filename\":\"f\",\"content\":\"\(file)\"}],"
                + "\"recipient_variables\":{\(people)}}")
        #expect(answer.status == 413)
        #expect(answer.json["error"]["code"].text == "message_too_large")
        #expect(node.intake.kept.isEmpty)
    }
}
