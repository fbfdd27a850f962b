import HTTP

/// What a caller of the Messages API says of a template. A body may come under either of the names that the
/// original has for it.
struct TemplateFields: Decodable, Sendable {
    let name: String?
    let slug: String?
    let subject: String?
    let html: String?
    let html_content: String?
    let text: String?
    let text_content: String?
    let description: String?
    let type: String?

    static func schema(isNew: Bool) -> Schema {
        func needed(_ schema: Schema) -> Schema { isNew ? schema.required : schema }
        return .object([
            "name": needed(.string.example("Welcome Email")),
            "slug": isNew ? .string.example("welcome") : .string,
            "subject": needed(.string.example("Welcome, {{name}}!")),
            "html": .string.example("<h1>Hello {{name}}</h1><p>Welcome to {{company}}.</p>"),
            "html_content": .string.described("The same as `html`."),
            "text": .string.example("Hello {{name}}, welcome to {{company}}."),
            "text_content": .string.described("The same as `text`."),
            "description": .string.example("Sent after signing up"),
            "type": .choice(TemplateChange.kinds),
        ])
    }

    /// - Throws: 400 when a body comes under both of its names.
    func refuseTwice() throws(APIError) {
        if html != nil, html_content != nil { throw .invalid("html_content", "is the same as `html`") }
        if text != nil, text_content != nil { throw .invalid("text_content", "is the same as `text`") }
    }

    var change: TemplateChange {
        TemplateChange(
            name: name, slug: slug, subject: subject, htmlBody: html ?? html_content,
            textBody: text ?? text_content, variables: nil, description: description, kind: type)
    }

    /// Runs `body` and gives the fields of its errors the names that the caller used.
    func answering(_ body: () async throws -> HTTPResponse) async throws -> HTTPResponse {
        do { return try await body() } catch let error as APIError {
            throw error.naming([
                "html_body": html_content == nil ? "html" : "html_content",
                "text_body": text_content == nil ? "text" : "text_content",
            ])
        }
    }
}
