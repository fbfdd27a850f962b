import HTTP
import Templates

/// How a template looks with some values.
struct TemplatePreview: Decodable, Sendable {
    let variables: [String: TemplateValue]?
    let version: Int?
    let useMasterTemplate: Bool?

    enum CodingKeys: String, CodingKey {
        case variables, version
        case useMasterTemplate = "use_master_template"
    }

    static let schema = Schema.object([
        "variables": .map(of: .any).example(["user_name": "John Doe", "company": "Acme Inc"]),
        "version": .integer.described("Left out: the newest."), "use_master_template": .boolean,
    ])

    struct Answer: Encodable, Sendable {
        let version: Int
        let subject: String
        @OrNull var htmlBody: String?
        @OrNull var textBody: String?
    }

    static let answerSchema = Schema.record([
        "version": .integer.example(1), "subject": .string.example("Welcome, John Doe!"),
        "html_body": .string.nullable.example("<h1>Hello John Doe</h1><p>Welcome to Acme Inc.</p>"),
        "text_body": .string.nullable.example("Hello John Doe, welcome to Acme Inc."),
    ])

    /// - Parameter master: the source of the frame, when one is asked for.
    /// - Throws: 400 with the variable.
    func answer(_ template: StoredTemplate, master: String?) throws(APIError) -> Answer {
        let values = MessageTemplate.serviceVariables.merging(template.samples) { $1 }
            .merging(variables ?? [:]) { $1 }
        let message = try template.message()
        do throws(TemplateRenderError) {
            var filled = try message.render(values)
            if let master, let html = filled.html, let frame = try? MasterTemplate(master) {
                filled.html = try frame.wrap(html, subject: filled.subject, variables: values)
            }
            return Answer(
                version: template.version, subject: filled.subject, htmlBody: filled.html,
                textBody: filled.text)
        } catch { throw APIError(error) }
    }
}
