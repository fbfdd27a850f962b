import MailFormat
import NodeProtocol
import TestSupport
import Testing

@testable import Doors

/// `POST /api/v1/dispatch/tenants/{id}/send`.
@Suite struct SendTests {
    private let node: HTTPNode
    private let path = "/api/v1/dispatch/tenants/\(MemoryIntake.one)/send"
    private let small =
        #"{"from":"a@one.example","to":["j@x.example"],"subject":"Hi","html_body":"<p>x</p>"}"#
    /// one@dispatch.example:dp_sk_one
    private let basic = "Authorization: Basic b25lQGRpc3BhdGNoLmV4YW1wbGU6ZHBfc2tfb25l"

    init() throws { node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    @Test func `a credential sends`() async throws {
        let answer = try await node.ask("POST", path, key: nil, headers: [basic], json: small)
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(answer.json["message"] == "1 email(s) queued for delivery")
        let id = JSONValue.string(message.id.description)
        #expect(
            answer.json["data"]
                == [
                    "id": id, "message_id": id, "queued": ["j@x.example"], "suppressed": [],
                    "status": "queued",
                ])
        #expect(message.origin.kind == .credential)
        #expect(message.origin.door == "tenants")
    }

    @Test func `an API key sends as a bearer and as a password`() async throws {
        #expect(try await node.ask("POST", path, json: small).status == 202)
        // api:dsp_live_one
        let header = "Authorization: Basic YXBpOmRzcF9saXZlX29uZQ=="
        #expect(try await node.ask("POST", path, key: nil, headers: [header], json: small).status == 202)
    }

    @Test func `the schema of authorization is read in any case`() async throws {
        for header in ["authorization: bearer dsp_live_one", "AUTHORIZATION: BEARER  dsp_live_one"] {
            #expect(try await node.ask("POST", path, key: nil, headers: [header], json: small).status == 202)
        }
    }

    @Test func `suppressed recipients are listed, all of them are a refusal`() async throws {
        let some = try await node.ask(
            "POST", path,
            json:
                #"{"from":"a@one.example","to":["j@x.ex","gone@x.example"],"subject":"","text_body":"-"}"#
        )
        #expect(some.json["data"]["suppressed"] == ["gone@x.example"])
        let all = try await node.ask(
            "POST", path,
            json: #"{"from":"a@one.example","to":["gone@x.example"],"subject":"Hi","text_body":"x"}"#)
        #expect(all.status == 400)
        #expect(all.json["error"]["code"] == "RECIPIENT_SUPPRESSED")
    }

    @Test func `a time to send makes it scheduled`() async throws {
        let answer = try await node.ask(
            "POST", path,
            json:
                String(small.dropLast()) + #","scheduled_at":"2027-01-16T00:00:00Z"}"#
        )
        #expect(answer.json["data"]["status"] == "scheduled")
        #expect(node.intake.kept.first?.scheduledAt == 1_800_057_600_000)
    }

    @Test(
        arguments: [
            (#""html_body":"<p>x</p>""#, [], false),
            (#""html_body":"<p>x</p>","stream":"transactional""#, [], false),
            (#""html_body":"<p>x</p>","stream":"bulk""#, [.listUnsubscribe], true),
            (#""text_body":"x","headers":{"X-Dispatch-Stream":"bulk"}"#, [.listUnsubscribe], true),
            (#""text_body":"Leave: {{unsubscribe_url}}""#, [.listUnsubscribe, .unsubscribe], true),
            (#""html_body":"<a href='{{unsubscribe_url}}'>x</a>""#, [.listUnsubscribe, .unsubscribe], true),
            (#""template_id":"leaving""#, [.listUnsubscribe, .unsubscribe], true),
            (#""template_id":"hello","template_variables":{"name":"J"}"#, [], false),
            // The caller's own way to leave.
            (
                #""template_id":"leaving","template_variables":{"unsubscribe_url":"https://one.example/"}"#,
                [], false
            ),
            (
                #""text_body":"x","stream":"bulk","headers":{"List-Unsubscribe":"<https://one.example/>"}"#,
                [], true
            ),
        ] as [(String, [LinkPlace.Kind], Bool)])
    func `bulk mail, and mail that has the link, can be left by one click`(
        fields: String, kinds: [LinkPlace.Kind], isOffered: Bool
    ) async throws {
        let answer = try await node.ask(
            "POST", path, json: #"{"from":"a@one.example","to":["j@x.example"],"subject":"s",\#(fields)}"#)
        #expect(answer.status == 202, "\(answer.body)")
        let message = try #require(node.intake.kept.first)
        #expect(message.offersUnsubscribe == isOffered)
        let places = try #require(message.links.places(in: message.message.count))
        #expect(places.map(\.kind) == kinds)
    }

    @Test func `another tenant's credentials are a mismatch, no tenant at all is not found`() async throws {
        let other = try await node.ask("POST", path, key: "dsp_live_two", json: small)
        #expect(other.status == 403)
        #expect(other.json["error"]["code"] == "CREDENTIAL_MISMATCH")
        for (name, status, code) in [
            ("nonsense", 404, "TENANT_NOT_FOUND"),
            ("11111111-1111-4111-8111-11111111110", 404, "TENANT_NOT_FOUND"),
            ("11111111111141118111111111111101", 404, "TENANT_NOT_FOUND"), ("%00", 400, "BAD_REQUEST"),
        ] {
            let path = "/api/v1/dispatch/tenants/\(name)/send"
            let missing = try await node.ask("POST", path, json: small)
            #expect(missing.status == status)
            #expect(missing.json["error"]["code"].text == code, "\(missing.body)")
            // Who has no valid key learns nothing of tenants.
            for key in [nil, "dsp_x"] {
                let unknown = try await node.ask("POST", path, key: key, json: small)
                #expect(unknown.status == (status == 404 ? 401 : status), "\(name)")
            }
        }
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `an exhausted quota is told in the words of the reference`() async throws {
        let node = try HTTPNode(MemoryIntake(limits: .init(monthlyQuota: 1)))
        _ = try await node.ask("POST", path, json: small)
        let answer = try await node.ask("POST", path, json: small)
        #expect(answer.status == 400)
        #expect(answer.json["error"]["code"] == "QUOTA_EXCEEDED")
        #expect(
            answer.json["error"]["message"]
                == "Monthly quota exceeded (1/1). Enable overage or upgrade plan.")
    }
}

/// `POST /api/v1/dispatch/tenants/{id}/send-bulk`.
@Suite struct SendBulkTests {
    private let node: HTTPNode
    private let path = "/api/v1/dispatch/tenants/\(MemoryIntake.one)/send-bulk"

    init() throws { node = try HTTPNode(MemoryIntake()) }

    private func message(from: String = "a@one.example", to: String = "j@x.example") -> String {
        #"{"from":"\#(from)","to":["\#(to)"],"subject":"Hi","text_body":"x"}"#
    }

    private func post(_ messages: [String], key: String = "dsp_live_one") async throws -> HTTPNode.Answer {
        try await node.ask(
            "POST", path, key: key, json: #"{"messages":[\#(messages.joined(separator: ","))]}"#)
    }

    @Test func `each message is checked alone and answered in order`() async throws {
        let answer = try await post([
            message(), message(from: "a@two.example"), message(to: "nobody"), message(),
        ])
        #expect(answer.status == 200)
        #expect(answer.json["message"] == "2 email(s) queued, 2 failed")
        let data = answer.json["data"]
        #expect(data["sent"] == 2)
        #expect(data["failed"] == 2)
        for (index, isGood) in [true, false, false, true].enumerated() {
            let result = data["results"][index]
            #expect(result["index"] == .integer(index))
            #expect(result["success"] == .bool(isGood))
        }
        #expect(data["results"][0]["message"] == "1 recipient(s) queued")
        #expect(data["results"][1]["code"] == "DOMAIN_NOT_VERIFIED")
        #expect(data["results"][2]["field"] == "to")
        #expect(data["results"][4] == .null)
        #expect(node.intake.kept.count == 2)
        #expect(answer.headers["ratelimit-remaining"] == "96")
    }

    @Test func `the rate counts each message`() async throws {
        let answer = try await post([message(), message(), message()], key: "dsp_live_one_slow")
        #expect(answer.status == 200)
        #expect(answer.json["data"]["sent"] == 2)
        #expect(answer.json["data"]["results"][2]["code"] == "RATE_LIMITED")
    }

    @Test func `none and more than a hundred are refused`() async throws {
        for count in [0, 101] {
            let answer = try await post((0..<count).map { _ in message() })
            #expect(answer.status == 400)
            #expect(answer.json["error"]["field"] == "messages")
        }
        // Those two have taken from the key's rate.
        let answer = try await post((0..<100).map { _ in message() })
        #expect(answer.json["data"]["sent"] == 98)
        #expect(answer.json["data"]["results"][99]["code"] == "RATE_LIMITED")
    }

    @Test func `a malformed message is a failed result and the others are sent`() async throws {
        let answer = try await post([
            message(), #"{"from":"a@one.example","to":["j@x.example"],"subject":"","bodi":""}"#, "7",
            #"{"from":"a@one.example","to":["j,]}@x"],"subject":7,"text_body":"\"],[{"}"#, "{}", message(),
        ])
        #expect(answer.status == 200, "\(answer.body)")
        let results = answer.json["data"]["results"]
        #expect(answer.json["data"]["sent"] == 2)
        for (index, field) in [(1, "bodi"), (3, "subject"), (4, "from")] {
            #expect(results[index]["field"] == .string(field))
        }
        #expect(results[1]["code"] == "UNKNOWN_FIELD")
        #expect(results[2]["success"] == false)
        #expect(results[5]["success"] == true)
        #expect(results[6] == .null)
        for envelope in [#"{"messages":{}}"#, "[]", #"{"messages":[{}],"more":[{}]}"#, "{"] {
            let refused = try await node.ask("POST", path, json: envelope)
            #expect(refused.status == 400, "\(envelope) \(refused.body)")
        }
    }

    @Test func `the rate is taken before the body is read, and by malformed messages as well`() async throws {
        let answer = try await post(["{}", "{}", message()], key: "dsp_live_one_slow")
        #expect(answer.json["data"]["results"][1]["code"] == "MISSING_FIELD")
        #expect(answer.json["data"]["results"][2]["code"] == "RATE_LIMITED")
        #expect(answer.headers["ratelimit-remaining"] == "0")
        let head = "POST \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dsp_live_one_slow\r\n"
        let next = try await node.exchange(Array("\(head)Content-Length: 1000000\r\n\r\n".utf8))
        #expect(next.status == 429)
    }
}
