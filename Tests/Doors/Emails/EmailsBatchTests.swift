import FoundationEssentials
import HTTP
import TestSupport
import Testing

@testable import Doors

/// `POST /api/v1/emails/batch`.
@Suite struct EmailsBatchTests {
    private let node: HTTPNode
    private let path = "/api/v1/emails/batch"

    init() throws { node = try HTTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    private func email(_ to: String, from: String = "a@one.example") -> String {
        #"{"from":"\#(from)","to":["\#(to)"],"subject":"s","text":"x"}"#
    }

    private func list(_ emails: String...) -> String { "[\(emails.joined(separator: ","))]" }

    @Test func `a list and an object with a list are the same`() async throws {
        let emails = list(email("1@x.example"), email("2@x.example"))
        for json in [emails, #"{"emails":\#(emails)}"#, " \n" + emails] {
            let answer = try await node.ask("POST", path, json: json)
            #expect(answer.status == 200, "\(answer.body)")
            #expect(answer.json.names == ["data"])
            #expect(answer.json["data"].elements.map { $0["index"].integer } == [0, 1])
            #expect(answer.json["data"].elements.map { $0["status"] } == ["queued", "queued"])
        }
        #expect(node.intake.kept.count == 6)
        #expect(
            node.intake.kept.suffix(2).map(\.recipients) == [["1@x.example"], ["2@x.example"]])
    }

    @Test(arguments: [
        (1, "invalid_field", "[1].to", "x"), (1, "recipient_suppressed", "[1].to", "gone@x.example"),
    ])
    func `strict, which is the default, sends all or none`(
        index: Int, code: String, field: String, to: String
    ) async throws {
        for headers in [[], ["x-batch-validation: strict"]] {
            let answer = try await node.ask(
                "POST", path, headers: headers,
                json: list(email("1@x.example"), email(to), email("3@x.example")))
            #expect(answer.status == 400, "\(answer.body)")
            #expect(answer.json["code"].text == code)
            #expect(answer.json["field"].text == field)
            #expect(answer.json["detail"].text?.hasPrefix("Email \(index): ") == true)
        }
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `permissive sends what it can and tells of the rest`() async throws {
        let answer = try await node.ask(
            "POST", path, headers: ["x-batch-validation: permissive"],
            json: list(
                email("1@x.example"), #"{"from":"a@one.example","nonsense":1}"#, email("gone@x.example"),
                email("4@x.example"), email("5@x.example", from: "a@two.example")))
        #expect(answer.status == 200, "\(answer.body)")
        #expect(answer.json["data"].elements.map { $0["index"].integer } == [0, 3])
        let errors = answer.json["errors"].elements
        #expect(errors.map { $0["index"].integer } == [1, 2, 4])
        #expect(
            errors.map { $0["code"].text } == [
                "missing_field", "recipient_suppressed", "domain_not_verified",
            ])
        #expect(errors.allSatisfy { $0["message"].text?.isEmpty == false })
        #expect(node.intake.kept.count == 2)
    }

    @Test(arguments: [
        "[]", "{}", #"{"emails":[]}"#, #"{"emails":{}}"#, "1", "[",
        "[" + Array(repeating: "{}", count: 101).joined(separator: ",") + "]",
    ])
    func `what is no list of 1 to 100 is refused`(json: String) async throws {
        let answer = try await node.ask("POST", path, json: json)
        #expect(answer.status == 400, "\(answer.body)")
        #expect(["invalid_field", "missing_field", "invalid_json"].contains(answer.json["code"].text))
    }

    @Test func `an unknown way of checking is refused`() async throws {
        let answer = try await node.ask(
            "POST", path, headers: ["x-batch-validation: maybe"], json: list(email("1@x.example")))
        #expect(answer.status == 400)
        #expect(answer.json["field"] == "x-batch-validation")
    }

    @Test func `a repetition with its key sends nothing twice`() async throws {
        let json = list(email("1@x.example"), email("2@x.example"))
        let first = try await node.ask("POST", path, headers: ["Idempotency-Key: b"], json: json)
        let second = try await node.ask("POST", path, headers: ["Idempotency-Key: b"], json: json)
        #expect(first.body == second.body)
        #expect(second.status == 200 && second.headers["idempotent-replay"] == "true")
        #expect(node.intake.kept.count == 2)
    }

    @Test func `each email takes one from the rate`() async throws {
        let three = list(email("1@x.example"), email("2@x.example"), email("3@x.example"))
        let refused = try await node.ask("POST", path, key: "dsp_live_one_slow", json: three)
        #expect(refused.status == 429)
        #expect(refused.json["code"] == "rate_limited")
        #expect(refused.headers["ratelimit-remaining"] == "1")
        #expect(node.intake.kept.isEmpty)
        let node = try HTTPNode(MemoryIntake())
        let two = list(email("1@x.example"), email("2@x.example"))
        let sent = try await node.ask("POST", path, key: "dsp_live_one_slow", json: two)
        #expect(sent.status == 200, "\(sent.body)")
        #expect(sent.headers["ratelimit-limit"] == "2")
        #expect(sent.headers["ratelimit-remaining"] == "0")
        #expect(node.intake.kept.count == 2)
    }
}
