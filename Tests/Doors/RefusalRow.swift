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
    /// - Parameters:
    ///   - member: what the dialect calls the sentence.
    ///   - isNested: whether the refusal stands in a member `error`, alone.
    func check(_ node: HTTPNode, member: String, isNested: Bool = false) async throws {
        let answer = try await node.ask(
            "POST", path, key: key, headers: ["Content-Type: \(type)"], body: Array(body.utf8))
        #expect(answer.status == status, "\(name): \(answer.body)")
        #expect(answer.headers["content-type"] == "application/json")
        let error = isNested ? answer.json["error"] : answer.json
        if isNested { #expect(answer.json.names == ["error"], "\(name): \(answer.body)") }
        #expect(error["code"] == .string(code), "\(name): \(answer.body)")
        #expect(error["field"].text == field, "\(name): \(answer.body)")
        #expect(error[member].text?.hasPrefix(text) == true, "\(name): \(answer.body)")
        #expect(error["request_id"].text == answer.headers["x-request-id"])
        var names = ["code", "request_id", member]
        if field != nil { names.append("field") }
        #expect(Set(error.names) == Set(names), "\(name): \(answer.body)")
        #expect(node.intake.kept.isEmpty, "\(name) sent something")
    }
}

/// The text of a page of `infra/docs`.
func documentation(_ page: String) throws -> String {
    let root = #filePath.split(separator: "/Tests/").first.map(String.init) ?? ""
    return try Files.text("/\(root.drop { $0 == "/" })/infra/docs/\(page)")
}
