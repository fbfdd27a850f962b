import Crypto
import Testing

/// A route that sends by HTTP, and the bodies that a test of its rate needs.
struct RatedDoor: Sendable, CustomTestStringConvertible {
    /// What becomes of a batch whose messages are more than the rate has left.
    enum Batch: Sendable {
        /// Some are sent, and each of the others is told of: where its codes stand, and the code.
        case each(@Sendable (HTTPNode.Answer) -> [String?], code: String)
        /// None is sent.
        case whole
    }

    let testDescription: String
    let path: String
    var type = "application/json"
    var headers: [String] = []
    var batch: Batch?
    /// A good request with so many messages; no batch has more than one.
    let body: @Sendable (Int) -> String
    /// One that is read, and refused.
    let bad: String

    /// The request as a caller of tenant one with this key.
    func ask(
        _ node: HTTPNode, _ body: String, key: String = "dsp_live_one", idempotencyKey: String? = nil
    ) async throws -> HTTPNode.Answer {
        let basic = "Authorization: Basic \(Base64.encode(Array("api:\(key)".utf8)))"
        let named = idempotencyKey.map { ["Idempotency-Key: \($0)"] } ?? []
        return try await node.ask(
            "POST", path, key: nil, headers: [basic, "Content-Type: \(type)"] + headers + named,
            body: Array(body.utf8))
    }

    static let single: [RatedDoor] = [ingest, ingestForm, ingestParts, send, messages, emails, mailgun, mime]
    static let batches: [RatedDoor] = [bulk, messagesList, messagesPersonal, strict, permissive, personal]

    private static let tenant = "/api/v1/dispatch/tenants/\(MemoryIntake.one)"
    private static let form = "application/x-www-form-urlencoded"
    private static let bare = #"{"from":"a@one.example","to":["j@x.example"],"subject":"s","text":"x"}"#
    private static let bulky = #"{"from":"a@one.example","to":["j@x.example"],"subject":"s","text_body":"x"}"#

    private static let ingest = RatedDoor(
        testDescription: "ingest by JSON", path: "/api/v1/messages", body: { _ in bare }, bad: "{}")
    private static let ingestForm = RatedDoor(
        testDescription: "ingest by an urlencoded form", path: "/api/v1/messages", type: form,
        body: { _ in "from=a@one.example&to=j@x.example&text=x" }, bad: "text=x")
    private static let ingestParts = RatedDoor(
        testDescription: "ingest by a multipart form", path: "/api/v1/messages",
        type: "multipart/form-data; boundary=b",
        body: { _ in
            [("from", "a@one.example"), ("to", "j@x.example"), ("text", "x")].map {
                "--b\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n"
            }.joined() + "--b--\r\n"
        }, bad: "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--b--\r\n")
    private static let send = RatedDoor(
        testDescription: "send", path: "\(tenant)/send", body: { _ in bulky }, bad: "{}")
    private static let messages = RatedDoor(
        testDescription: "Messages API", path: "/v1/messages/send", body: { _ in bare }, bad: "{}")
    private static let emails = RatedDoor(
        testDescription: "emails", path: "/api/v1/emails", body: { _ in bare }, bad: "{}")
    private static let mailgun = RatedDoor(
        testDescription: "Mailgun", path: "/v3/one.example/messages", type: form,
        body: { _ in "from=a@one.example&to=j@x.example&text=x" }, bad: "from=a@one.example&text=x")
    private static let mime = RatedDoor(
        testDescription: "Mailgun with a finished message", path: "/v3/one.example/messages.mime", type: form,
        body: { _ in "to=j@x.example&message=From:+a@one.example%0D%0A%0D%0Ax" }, bad: "to=j@x.example")

    private static let bulk = RatedDoor(
        testDescription: "send-bulk", path: "\(tenant)/send-bulk",
        batch: .each({ $0.json["data"]["results"].elements.map { $0["code"].text } }, code: "RATE_LIMITED"),
        body: { #"{"messages":\#(list(bulky, $0))}"# }, bad: #"{"messages":[]}"#)
    private static let messagesList = RatedDoor(
        testDescription: "Messages API, a list", path: "/v1/messages/batch",
        batch: .each(codesOfMessages, code: "rate_limit_exceeded"),
        body: { #"{"messages":\#(list(bare, $0))}"# }, bad: #"{"messages":[]}"#)
    private static let messagesPersonal = RatedDoor(
        testDescription: "Messages API, recipient variables", path: "/v1/messages/batch",
        batch: .each(codesOfMessages, code: "rate_limit_exceeded"),
        body: { count in
            let people = (0..<count).map { "\"j\($0)@x.example\":{}" }.joined(separator: ",")
            return #"{"from":"a@one.example","subject":"s","text":"x","recipient_variables":{\#(people)}}"#
        }, bad: #"{"recipient_variables":{}}"#)
    private static let strict = RatedDoor(
        testDescription: "emails, a strict batch", path: "/api/v1/emails/batch", batch: .whole,
        body: { list(bare, $0) }, bad: "[]")
    private static let permissive = RatedDoor(
        testDescription: "emails, a permissive batch", path: "/api/v1/emails/batch",
        headers: ["x-batch-validation: permissive"],
        batch: .each(
            { answer in
                answer.json["data"].elements.map { _ in nil }
                    + answer.json["errors"].elements.map { $0["code"].text }
            }, code: "rate_limited"),
        body: { list(bare, $0) }, bad: "[]")
    private static let personal = RatedDoor(
        testDescription: "Mailgun, recipient variables", path: "/v3/one.example/messages", type: form,
        batch: .whole,
        body: { count in
            let people = (0..<count).map { "j\($0)@x.example" }.joined(separator: ",")
            return "from=a@one.example&to=\(people)&text=x&recipient-variables={}"
        }, bad: "from=a@one.example&text=x&recipient-variables={}")

    private static func list(_ message: String, _ count: Int) -> String {
        "[\(Array(repeating: message, count: count).joined(separator: ","))]"
    }

    @Sendable private static func codesOfMessages(_ answer: HTTPNode.Answer) -> [String?] {
        answer.json["data"]["messages"].elements.map { $0["code"].text }
    }
}
