import Admission
import TestSupport
import Testing

/// `Idempotency-Key` on the sending routes.
@Suite struct IdempotencyTests {
    private let node: HTTPNode
    private let small = #"{"from":"a@one.example","to":"j@x.example","subject":"","text":"Hi"}"#
    private let send = "/api/v1/dispatch/tenants/\(MemoryIntake.one)/send"
    private let body = #"{"from":"a@one.example","to":"j@x.example","subject":"","text_body":"Hi"}"#

    init() throws { node = try HTTPNode(MemoryIntake()) }

    private func post(
        _ idempotencyKey: String, _ json: String? = nil, path: String = "/api/v1/messages",
        key: String = "dsp_live_one"
    ) async throws -> HTTPNode.Answer {
        try await node.ask(
            "POST", path, key: key, headers: ["Idempotency-Key: \(idempotencyKey)"], json: json ?? small)
    }

    @Test func `a repetition gets the first answer again and sends nothing`() async throws {
        for (path, json) in [("/api/v1/messages", small), (send, body)] {
            let before = node.intake.kept.count
            let first = try await post("k1", json, path: path)
            let second = try await post("k1", json, path: path)
            #expect(first.status == 202)
            #expect(first.headers["idempotent-replay"] == nil)
            #expect(second.status == 202)
            #expect(second.body == first.body)
            #expect(second.headers["idempotent-replay"] == "true")
            #expect(node.intake.kept.count == before + 1)
        }
    }

    @Test func `another body under the same key is a conflict`() async throws {
        _ = try await post("k1")
        let other = try await post("k1", small + " ")
        #expect(other.status == 409)
        #expect(other.json["code"] == "idempotency_key_reused")
        #expect(node.intake.kept.count == 1)
    }

    @Test func `other keys, routes and tenants have answers of their own`() async throws {
        _ = try await post("k1")
        _ = try await post("k2")
        _ = try await post("k1", body, path: send)
        let other = try await post(
            "k1", #"{"from":"a@two.example","to":"j@x.example","text":"Hi"}"#, key: "dsp_live_two")
        #expect(other.status == 202)
        #expect(node.intake.kept.count == 4)
    }

    @Test func `test and live never answer for each other`() async throws {
        let captured = try await post("k1", key: "dsp_test_one")
        let sent = try await post("k1")
        #expect(captured.status == 202)
        #expect(sent.status == 202)
        #expect(sent.headers["idempotent-replay"] == nil)
        #expect(node.intake.kept.map(\.isTest) == [true, false])
    }

    @Test func `a retry with another key of the tenant is the same request`() async throws {
        let first = try await post("k1")
        let second = try await post("k1", key: "dsp_live_one_slow")
        #expect(second.headers["idempotent-replay"] == "true")
        #expect(second.body == first.body)
        #expect(node.intake.kept.count == 1)
    }

    @Test func `a refusal does not repeat what is long`() async throws {
        let name = String(repeating: "X", count: 1_000_000)
        let evil = #"{"from":"a@one.example","to":"j@x.example","text":"Hi","headers":{"\#(name)":"x"}}"#
        let answer = try await post("k1", evil)
        #expect(answer.status == 400)
        #expect(answer.body.utf8.count < 1000)
    }

    @Test func `over HTTP the key is a header of the request, not of the message`() async throws {
        let headers = #"{"x-dispatch-idempotency-key":"x"}"#
        let answer = try await post(
            "k1", #"{"from":"a@one.example","to":"j@x.example","text":"Hi","headers":\#(headers)}"#)
        #expect(answer.status == 400)
        #expect(answer.json["code"] == "header_not_allowed")
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `a refusal for good is kept, one for now is not`() async throws {
        let wrong = #"{"from":"a@two.example","to":"j@x.example","text":"Hi"}"#
        let first = try await post("k1", wrong)
        let second = try await post("k1", wrong)
        #expect(first.status == 403)
        #expect(second.status == 403)
        #expect(second.headers["idempotent-replay"] == "true")
        #expect(second.json["code"] == first.json["code"])
        node.intake.refuse(with: Refusal(.storageFailed, "x"))
        for _ in 0..<2 {
            let answer = try await post("k2")
            #expect(answer.status == 503)
            #expect(answer.headers["idempotent-replay"] == nil)
        }
    }

    @Test func `a repetition tells how the rate stands now, once`() async throws {
        _ = try await post("k1", key: "dsp_live_one_slow")
        let second = try await post("k1", key: "dsp_live_one_slow")
        #expect(second.headers["ratelimit-remaining"] == "0")
        #expect(try await post("k1", key: "dsp_live_one_slow").status == 429)
    }

    @Test func `a malformed key is refused`() async throws {
        for key in ["", String(repeating: "k", count: 257), "k\u{e9}"] {
            #expect(try await post(key).status == 400, "\(key)")
        }
        #expect(try await post(String(repeating: "k", count: 256)).status == 202)
    }
}
