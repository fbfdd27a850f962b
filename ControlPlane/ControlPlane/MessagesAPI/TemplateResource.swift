import FoundationEssentials
import HTTP

/// A template as the Messages API shows it.
struct TemplateResource: Encodable, Sendable {
    let id: String
    let name: String
    let slug: String
    let description: String
    let type: String
    /// There are no drafts here: what is stored can be sent.
    let status = "active"
    let version: Int
    let subject: String
    @OrNull var html: String?
    @OrNull var text: String?
    let variables: [String]
    let requiredVariables: [String]
    let createdAt: Date
    let updatedAt: Date

    enum CodingKeys: CodingKey {
        case id, name, slug, description, type, status, version, subject, html, text, variables
        case requiredVariables, createdAt, updatedAt
    }

    static let schema = Schema.record([
        "id": .uuid, "name": .string.example("Welcome Email"), "slug": .string.example("welcome"),
        "description": .string.example("Sent after signing up"), "type": .choice(TemplateChange.kinds),
        "status": .choice("active"), "version": .integer.example(1).described("Rises with each change."),
        "subject": .string.example("Welcome, {{name}}!"),
        "html": .string.nullable.example("<h1>Hello {{name}}</h1><p>Welcome to {{company}}.</p>"),
        "text": .string.nullable.example("Hello {{name}}, welcome to {{company}}."),
        "variables": Schema.array(.string).example(["name", "company"]).described(
            "Every variable that it names."),
        "required_variables": Schema.array(.string).example(["name", "company"]).described(
            "Those without which it cannot be filled in."),
        "created_at": .dateTime, "updated_at": .dateTime,
    ]).named("MessagesTemplate")

    init(_ template: StoredTemplate) throws(APIError) {
        let message = try template.message()
        id = template.id.text
        name = template.name
        slug = template.slug
        description = template.description
        type = template.kind
        version = template.version
        subject = template.subject
        _html = OrNull(wrappedValue: template.htmlBody)
        _text = OrNull(wrappedValue: template.textBody)
        variables = message.variables.map(\.name)
        requiredVariables = message.requiredVariables
        createdAt = template.createdAt
        updatedAt = template.updatedAt
    }
}
