import Admission
import MailFormat
import TestSupport
import Testing

/// `POST /api/v1/messages` with JSON.
@Suite struct IngestTests {
    private let node: HTTPNode
    private let small = #"{"from":"a@one.example","to":"joe@x.example","text":"Hi"}"#

    init() throws { node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    @Test func `the request of the reference is queued`() async throws {
        let answer = try await node.ask(
            json: #"""
                { "from": "sender@one.example", "to": ["alice@x.example"], "cc": ["bob@x.example"],
                  "bcc": ["audit@x.example"], "subject": "Hello", "text": "Plain text body",
                  "html": "<p>HTML body</p>", "headers": { "Reply-To": "support@y.example" },
                  "tags": ["welcome", "onboarding"], "metadata": {"k": "v"}, "stream": "bulk",
                  "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}] }
                """#)
        #expect(answer.status == 202)
        let message = try #require(node.intake.kept.first)
        #expect(
            answer.json == ["id": .string("spl_\(message.id.hexadecimal)"), "message": "Queued. Thank you."])
        #expect(answer.headers["location"] == "/api/v1/messages/spl_\(message.id.hexadecimal)")
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer.headers["x-request-id"] != nil)
        #expect(message.recipients == ["alice@x.example", "bob@x.example", "audit@x.example"])
        #expect(message.tags == ["welcome", "onboarding"])
        #expect(message.metadata == ["k": "v"])
        #expect(message.stream == .bulk)
        #expect(message.hasAttachments)
        #expect(try MessageHeaders(message.message).value("Reply-To") == "support@y.example")
        #expect(message.origin.door == "ingest")
    }

    @Test func `tracking and a later time are asked for in JSON`() async throws {
        let answer = try await node.ask(
            json: #"""
                {"from":"a@one.example","to":"joe@x.example","html":"Hi","tracking":{"opens":true},
                 "scheduled_at":"2027-01-15T11:00:00.250+02:00"}
                """#)
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.tracking == .init(opens: true, clicks: false))
        #expect(message.scheduledAt == 1_800_003_600_250)
    }

    @Test func `one address may stand for a list, and a comma list for its members`() async throws {
        let answer = try await node.ask(
            json: #"{"from":"a@one.example","to":"\"Doe, J\" <j@x.example>, k@x.example","html":"x"}"#)
        #expect(answer.status == 202)
        #expect(node.intake.kept.first?.recipients == ["j@x.example", "k@x.example"])
    }

    @Test func `every answer tells how the rate stands`() async throws {
        let key = "dsp_live_one_slow"
        let first = try await node.ask(key: key, json: small)
        #expect(first.headers["ratelimit-limit"] == "2")
        #expect(first.headers["ratelimit-remaining"] == "1")
        #expect(first.headers["ratelimit-reset"] == "60")
        let second = try await node.ask(key: key, json: "{}")
        #expect(second.status == 400)
        #expect(second.headers["ratelimit-remaining"] == "0")
        let third = try await node.ask(key: key, json: small)
        #expect(third.status == 429)
        // When the next minute begins both still count.
        #expect(third.headers["retry-after"] == "61")
        #expect(third.headers["ratelimit-limit"] == "2")
        #expect(third.headers["ratelimit-remaining"] == "0")
        #expect(third.json["code"] == "rate_limited")
    }

    @Test(arguments: [
        (#"{"to":"j@x.example","text":"x"}"#, 400, "missing_field", "from"),
        (#"{"from":"a@one.example","text":"x"}"#, 400, "missing_field", "to"),
        (#"{"from":"a@one.example","to":"j@x.example"}"#, 400, "missing_field", "html"),
        (#"{"from":"a@one.example","to":"j","text":"x"}"#, 400, "invalid_field", "to"),
        (#"{"from":"a@one.example","to":["j@x.example","k"],"text":"x"}"#, 400, "invalid_field", "to[1]"),
        (#"{"from":"a@one.example","to":7,"text":"x"}"#, 400, "invalid_field", "to"),
        (#"{"from":"a@one.example","to":["j@x.example",7],"text":"x"}"#, 400, "invalid_field", "to[1]"),
        (#"{"from":"a@two.example","to":"j@x.example","text":"x"}"#, 403, "domain_not_verified", "from"),
        (#"{"from":"a@one.example","to":"gone@x.example","text":"x"}"#, 400, "recipient_suppressed", "to"),
        (
            #"{"from":"a@one.example","to":"j@x.example","text":"x","attachment":[]}"#, 400, "unknown_field",
            "attachment"
        ),
        (
            #"{"from":"a@one.example","to":"j@x.example","text":"x","stream":"flood"}"#, 400, "invalid_field",
            "stream"
        ),
        (
            #"{"from":"a@one.example","to":"j@x.example","text":"x","subject":"a\r\nBcc: b"}"#, 400,
            "invalid_field", "subject"
        ),
        (
            #"{"from":"a@one.example","to":"j@x.example","text":"x","headers":{"Bcc":"x"}}"#, 400,
            "header_not_allowed", "headers.Bcc"
        ),
        (
            #"{"from":"a@one.example","to":"j@x.example","attachments":[{"filename":"a","content":"*"}]}"#,
            400,
            "invalid_field", "attachments[0].content"
        ),
        (
            #"{"from":"a@one.example","to":"j@x.io","attachments":[{"filename":"a","content":"","x":1}]}"#,
            400, "unknown_field", "attachments[0].x"
        ),
    ])
    func `a refusal names code and field in the dialect's shape`(
        json: String, status: Int, code: String, field: String
    ) async throws {
        let answer = try await node.ask(json: json)
        #expect(answer.status == status)
        #expect(answer.json["code"] == .string(code))
        #expect(answer.json["field"].text == field, "\(answer.body)")
        #expect(answer.json["error"].text?.isEmpty == false)
        #expect(answer.json.names == ["code", "error", "field", "request_id"])
        #expect(answer.json["request_id"].text == answer.headers["x-request-id"])
        #expect(node.intake.kept.isEmpty)
    }

    @Test(arguments: ["", "{", "[]", "null", "x", "{\"from\":1,}", "{\"a\":\u{1}}", "\u{FEFF}{}", "{}{}"])
    func `what is no JSON object is refused in the dialect's shape`(json: String) async throws {
        let answer = try await node.ask(json: json)
        #expect(answer.status == 400)
        #expect(answer.json["code"] != .null)
        #expect(answer.json["error"] != .null)
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `JSON nested beyond its depth does no harm`() async throws {
        let deep = String(repeating: "[", count: 10_000)
        #expect(try await node.ask(json: #"{"from":"# + deep).status == 400)
    }

    @Test(arguments: [
        Refusal(.storageFull, "x"), Refusal(.storageFailed, "x"),
        Refusal(.overloaded, "x", retryAfterSeconds: 3),
        Refusal(.stopping, "x"), Refusal(.quotaExceeded, "x"),
        Refusal(.dailyQuotaExceeded, "x", retryAfterSeconds: 60), Refusal(.idempotencyKeyReused, "x"),
    ])
    func `what the road refuses gets its status`(refusal: Refusal) async throws {
        node.intake.refuse(with: refusal)
        let statuses: [Refusal.Code: Int] = [
            .storageFull: 507, .storageFailed: 503, .overloaded: 503, .stopping: 503, .quotaExceeded: 400,
            .dailyQuotaExceeded: 429,
            .idempotencyKeyReused: 409,
        ]
        let answer = try await node.ask(json: small)
        #expect(answer.status == statuses[refusal.code])
        #expect(answer.json["code"] == .string(refusal.code.rawValue))
        #expect(answer.headers["retry-after"] == refusal.retryAfterSeconds.map { "\($0)" })
    }
}
