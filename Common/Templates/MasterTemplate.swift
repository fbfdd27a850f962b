/// A frame around the HTML of a message: a template whose `{{content}}` is that HTML, as it is.
///
/// It may name other variables, and `{{subject}}`; it must have `{{content}}`, outside of any block, exactly
/// once. Limits: those of a template, whose output holds the content as well.
package struct MasterTemplate: Sendable {
    private static let contentName = "content"
    private static let subjectName = "subject"

    /// What it was read from.
    let source: String
    private let template: Template

    /// The frame of an installation that has none of its own.
    package static let builtIn = """
        <!DOCTYPE html>
        <html>
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
        <body style="margin:0;padding:24px;background:#f4f4f5;font-family:sans-serif">
        <div style="max-width:600px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">
        {{content}}
        </div>
        </body>
        </html>

        """

    /// - Throws: for a source that is no template, or has not one place for the content.
    package init(
        _ source: String, limits: TemplateLimits = TemplateLimits()
    ) throws(TemplateSyntaxError) {
        self.source = source
        var limits = limits
        // The content counts as output.
        limits.maxOutputBytes *= 2
        template = try Template(source, escaping: .html, limits: limits)
        let places = template.nodes.count { node in
            if case .value(let path, _, _) = node { path.names == [Self.contentName] } else { false }
        }
        guard places == 1 else {
            throw TemplateSyntaxError(
                line: 1, column: 1, reason: "a master template has `{{content}}` exactly once, in no block")
        }
    }

    /// Puts the frame around `html`.
    ///
    /// - Parameter variables: those of the message; `content` and `subject` are ours.
    package func wrap(
        _ html: String, subject: String, variables: [String: TemplateValue]
    ) throws(TemplateRenderError) -> String {
        var variables = variables
        variables[Self.contentName] = .markup(html)
        variables[Self.subjectName] = .text(subject)
        return try template.render(variables)
    }
}
