import TestSupport
import Testing

/// One refusal of a dialect: what is sent, and the whole answer to it.
struct RefusalRow: Sendable, CustomTestStringConvertible {
    let name: String
    var path: String
    var key: String? = "dsp_live_one"
    var type = "application/x-www-form-urlencoded"
    let body: String
    let status: Int
    let code: String
    var field: String?
    /// The sentence, or how it begins.
    let text: String

    var testDescription: String { name }

    /// Sends it and holds the answer against the row.
    ///
    /// - Parameter member: what the dialect calls the sentence.
    func check(_ node: HTTPNode, member: String) async throws {
        let answer = try await node.ask(
            "POST", path, key: key, headers: ["Content-Type: \(type)"], body: Array(body.utf8))
        #expect(answer.status == status, "\(name): \(answer.body)")
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer.json["code"] == .string(code), "\(name): \(answer.body)")
        #expect(answer.json["field"].text == field, "\(name): \(answer.body)")
        #expect(answer.json[member].text?.hasPrefix(text) == true, "\(name): \(answer.body)")
        #expect(answer.json["request_id"].text == answer.headers["x-request-id"])
        var names = ["code", "request_id", member]
        if field != nil { names.append("field") }
        #expect(Set(answer.json.names) == Set(names), "\(name): \(answer.body)")
        #expect(node.intake.kept.isEmpty, "\(name) sent something")
    }
}
