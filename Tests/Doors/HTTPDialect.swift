import TestSupport
import Testing

/// One way of sending a message over HTTP: where it goes, a body that is accepted, and how its refusals look.
struct HTTPDialect: Sendable, CustomTestStringConvertible {
    enum Form: Sendable { case json, urlencoded, multipart }

    let name: String
    let path: String
    let form: Form
    /// Of a message that is sent.
    let fields: KeyValuePairs<String, String>
    /// What it calls the time at which a message is to leave.
    let timeField: String
    let acceptedStatus: Int
    /// Whether a refusal stands in a member `error`.
    var isNested = false
    /// How it spells the code of a refusal.
    var spells: @Sendable (_ code: String) -> String = { $0 }

    var testDescription: String { name }

    var contentType: String {
        switch form {
        case .json: "application/json"
        case .urlencoded: "application/x-www-form-urlencoded"
        case .multipart: "multipart/form-data; boundary=b"
        }
    }

    /// The body with further fields.
    ///
    /// - Parameter more: of JSON, each with its value as JSON; of a form, each with its text as it is.
    func body(with more: [(String, String)] = []) -> [UInt8] {
        switch form {
        case .json:
            let members = fields.map { #""\#($0.key)":"\#($0.value)""# } + more.map { #""\#($0)":\#($1)"# }
            return Array("{\(members.joined(separator: ","))}".utf8)
        case .urlencoded:
            let items = fields.map { "\($0.key)=\($0.value)" } + more.map { "\($0)=\($1)" }
            return Array(items.joined(separator: "&").utf8)
        case .multipart:
            let parts = fields.map { Self.part($0.key, $0.value) } + more.map { Self.part($0, $1) }
            return Array("\(parts.joined())--b--\r\n".utf8)
        }
    }

    private static func part(_ name: String, _ value: String) -> String {
        "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    /// The text of a field as `body(with:)` takes it.
    func value(_ text: String) -> String {
        switch form {
        case .json: "\"\(text)\""
        case .urlencoded: text.replacing("+", with: "%2B")
        case .multipart: text
        }
    }

    /// Sends a body as this dialect's.
    func post(
        _ body: [UInt8], to node: HTTPNode, type: String? = nil, headers: [String] = []
    ) async throws -> HTTPNode.Answer {
        try await node.ask(
            "POST", path, headers: ["Content-Type: \(type ?? contentType)"] + headers, body: body)
    }

    /// The refusal in an answer: its code, and its field.
    func refusal(_ answer: HTTPNode.Answer) -> (code: String?, field: String?) {
        let error = isNested ? answer.json["error"] : answer.json
        return (error["code"].text, error["field"].text)
    }

    static let ingestJSON = HTTPDialect(
        name: "ingestion API, JSON", path: "/api/v1/messages", form: .json,
        fields: ["from": "a@one.example", "to": "j@x.example", "text": "x"], timeField: "scheduled_at",
        acceptedStatus: 202)
    static let ingestForm = HTTPDialect(
        name: "ingestion API, form", path: "/api/v1/messages", form: .urlencoded,
        fields: ["from": "a@one.example", "to": "j@x.example", "text": "x"], timeField: "o:deliverytime",
        acceptedStatus: 202)
    static let ingestMultipart = HTTPDialect(
        name: "ingestion API, multipart", path: "/api/v1/messages", form: .multipart,
        fields: ["from": "a@one.example", "to": "j@x.example", "text": "x"], timeField: "o:deliverytime",
        acceptedStatus: 202)
    static let mailgunForm = HTTPDialect(
        name: "Mailgun, form", path: "/v3/one.example/messages", form: .urlencoded,
        fields: ["from": "a@one.example", "to": "j@x.example", "text": "x"], timeField: "o:deliverytime",
        acceptedStatus: 200)
    static let mailgunMultipart = HTTPDialect(
        name: "Mailgun, multipart", path: "/v3/one.example/messages", form: .multipart,
        fields: ["from": "a@one.example", "to": "j@x.example", "text": "x"], timeField: "o:deliverytime",
        acceptedStatus: 200)
    static let tenants = HTTPDialect(
        name: "tenants' API", path: "/api/v1/dispatch/tenants/\(MemoryIntake.one)/send", form: .json,
        fields: ["from": "a@one.example", "to": "j@x.example", "subject": "s", "text_body": "x"],
        timeField: "scheduled_at", acceptedStatus: 202, isNested: true, spells: { $0.uppercased() })
    static let messages = HTTPDialect(
        name: "Messages API", path: "/v1/messages/send", form: .json,
        fields: ["from": "a@one.example", "to": "j@x.example", "subject": "s", "text": "x"],
        timeField: "scheduled_at", acceptedStatus: 202, isNested: true,
        spells: {
            ["rate_limited": "rate_limit_exceeded", "template_not_found": "invalid_template"][$0] ?? $0
        })
    static let emails = HTTPDialect(
        name: "emails API", path: "/api/v1/emails", form: .json,
        fields: ["from": "a@one.example", "to": "j@x.example", "subject": "s", "text": "x"],
        timeField: "scheduled_at", acceptedStatus: 202)

    static let json = [ingestJSON, tenants, messages, emails]
    static let forms = [ingestForm, ingestMultipart, mailgunForm, mailgunMultipart]
    static let all = json + forms
}
