import FoundationEssentials
import HTTP
import Postgres
import Templates

/// A template of messages as the database has it: the newest version, or an older one.
struct StoredTemplate: Sendable {
    let id: UUID
    let name: String
    let slug: String
    let version: Int
    let subject: String
    let htmlBody: String?
    let textBody: String?
    /// Samples by name, as the tenant gave them.
    let samples: [String: TemplateValue]
    let description: String
    /// One of `TemplateChange.kinds`.
    let kind: String
    let createdAt: Date
    let updatedAt: Date

    static let columns: SQL = """
        id, name, slug, version, subject, html_body, text_body, variables, description, kind, created_at,
        updated_at
        """
    /// The same of a row of `template_versions`.
    static let versionColumns: SQL = """
        template_id AS id, name, slug, version, subject, html_body, text_body, variables, description, kind,
        created_at, created_at AS updated_at
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id"]
        name = try row["name"]
        slug = try row["slug"]
        version = try row["version"]
        subject = try row["subject"]
        htmlBody = try row["html_body"]
        textBody = try row["text_body"]
        samples = try row.decode("variables")
        description = try row["description"]
        kind = try row["kind"]
        createdAt = try row["created_at"]
        updatedAt = try row["updated_at"]
    }

    /// What is stored was read when it was taken in, so this cannot fail but for an older program's grammar.
    func message() throws(APIError) -> MessageTemplate {
        do { return try MessageTemplate(subject: subject, html: htmlBody, text: textBody) } catch {
            throw APIError(error)
        }
    }

    /// As the API shows it.
    struct View: Encodable, Sendable {
        let id: String
        let name: String
        let slug: String
        let version: Int
        let subject: String
        @OrNull var htmlBody: String?
        @OrNull var textBody: String?
        /// Every variable by name, with its sample or null.
        let variables: [String: TemplateValue]
        let requiredVariables: [String]
        let createdAt: Date
        let updatedAt: Date
    }

    func view() throws(APIError) -> View {
        let message = try message()
        var variables = samples
        for variable in message.variables where variables[variable.name] == nil {
            variables[variable.name] = .null
        }
        return View(
            id: id.text, name: name, slug: slug, version: version, subject: subject, htmlBody: htmlBody,
            textBody: textBody, variables: variables,
            requiredVariables: message.requiredVariables, createdAt: createdAt, updatedAt: updatedAt)
    }

    static let schema = Schema.record([
        "id": .uuid, "name": .string.example("Welcome Email"), "slug": .string.example("welcome-email"),
        "version": .integer.example(1).described("Rises with each change."),
        "subject": .string.example("Welcome, {{user_name}}!"),
        "html_body": .string.nullable.example("<h1>Hello {{user_name}}</h1><p>Welcome to {{company}}.</p>"),
        "text_body": .string.nullable.example("Hello {{user_name}}, welcome to {{company}}."),
        "variables": Schema.map(of: .any).example(["user_name": nil, "company": nil]).described(
            "Every variable that the template names, with its sample or null."),
        "required_variables": Schema.array(.string).example(["user_name", "company"]).described(
            "Those without which it cannot be filled in."),
        "created_at": .dateTime, "updated_at": .dateTime,
    ]).named("Template")
}

extension APIError {
    /// A part that is no template.
    init(_ problem: MessageTemplate.Problem) {
        self.init(
            400, "invalid_template", "`\(problem.part.rawValue)` is no template: \(problem.error).",
            field: problem.part.rawValue)
    }

    init(_ error: TemplateRenderError) {
        switch error {
        case .missing(let name):
            self.init(
                400, "missing_variable", "The template's variable `\(name)` has no value.",
                field: "variables.\(name)")
        default:
            self.init(
                400, "invalid_variable", "\(error).", field: error.variable.map { "variables.\($0)" })
        }
    }
}
