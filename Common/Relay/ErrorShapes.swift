import HTTP

/// How the documents show the errors of the dialects whose shape is their own; `Surface` prints them.
extension OpenAPIDocument.ErrorStyle {
    /// `{"error":"text","code":"…"}`
    package static let ingest = OpenAPIDocument.ErrorStyle(
        schema: shape("error", named: "IngestError"),
        body: { code, message in
            ["error": .string(message), "code": .string(code), "request_id": requestID]
        })

    /// `{"message":"text"}`
    package static let mailgun = OpenAPIDocument.ErrorStyle(
        schema: shape("message", named: "MailgunError"),
        body: { code, message in
            ["message": .string(message), "code": .string(code), "request_id": requestID]
        })

    /// - Parameter text: the field of the sentence.
    private static func shape(_ text: String, named name: String) -> Schema {
        let sentence = Schema.string.example("`to` is required.").described("A sentence for people.")
        return Schema.record([
            "code": .string.example("missing_field").described("Stable, for programs."),
            "field": .string.optional.described("The path of the field at fault."),
            "request_id": .string.example(requestID),
        ]).with([text: sentence]).named(name)
    }

    private static var requestID: DocumentValue { "5f2b8c1d9e3a4f60a7b8c9d0e1f20314" }
}
