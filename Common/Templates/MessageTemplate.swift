import Glibc

/// The three parts of a message as templates, filled in together.
package final class MessageTemplate: Sendable {
    package enum Part: String, Sendable, CaseIterable {
        case subject
        case html = "html_body"
        case text = "text_body"
    }

    /// Which part is no template, and why.
    package struct Problem: Error, Sendable, Equatable {
        package let part: Part
        package let error: TemplateSyntaxError
    }

    /// The parts filled in.
    package struct Filled: Sendable, Equatable {
        package var subject: String
        package var html: String?
        package var text: String?

        package init(subject: String, html: String?, text: String?) {
            self.subject = subject
            self.html = html
            self.text = text
        }
    }

    private let sources: Filled
    private let subject: Template
    private let html: Template?
    private let text: Template?

    package init(subject: String, html: String?, text: String?) throws(Problem) {
        sources = Filled(subject: subject, html: html, text: text)
        self.subject = try Self.read(subject, .subject)
        self.html = if let html { try Self.read(html, .html) } else { nil }
        self.text = if let text { try Self.read(text, .text) } else { nil }
    }

    package func render(_ variables: [String: TemplateValue]) throws(TemplateRenderError) -> Filled {
        Filled(
            subject: try subject.render(variables), html: try html?.render(variables),
            text: try text?.render(variables))
    }

    /// Whether these are the sources that it was read from.
    func isMade(of subject: String, html: String?, text: String?) -> Bool {
        sources.subject.isSame(as: subject) && Self.areSame(sources.html, html)
            && Self.areSame(sources.text, text)
    }

    private static func areSame(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return one.isSame(as: other)
    }

    /// Those of all parts, each once; required is what one part requires.
    package var variables: [Template.Variable] {
        var order: [String] = []
        var seen: Set<String> = []
        var required: Set<String> = []
        for variable in [subject, html, text].flatMap({ $0?.variables ?? [] }) {
            if seen.insert(variable.name).inserted { order.append(variable.name) }
            if variable.isRequired { required.insert(variable.name) }
        }
        return order.map { Template.Variable(name: $0, isRequired: required.contains($0)) }
    }

    private static func read(_ source: String, _ part: Part) throws(Problem) -> Template {
        do throws(TemplateSyntaxError) {
            return try Template(source, escaping: part == .html ? .html : .none)
        } catch { throw Problem(part: part, error: error) }
    }
}

extension String {
    /// Whether it has the same bytes; `==` takes texts for equal that are written otherwise.
    func isSame(as other: String) -> Bool {
        var (one, other) = (self, other)
        return one.withUTF8 { one in
            other.withUTF8 { other in
                guard one.count == other.count else { return false }
                guard let start = one.baseAddress, let otherStart = other.baseAddress else { return true }
                return memcmp(start, otherStart, one.count) == 0
            }
        }
    }
}
