/// A text with places for variables, read once and filled in as often as wanted.
///
/// `{{name}}`, `{{user.name}}`, `{{name|default:"x"}}`, `{{#if name}}…{{else}}…{{/if}}`,
/// `{{#each names}}…{{else}}…{{/each}}` with `{{this}}` or the element's own members inside. In HTML a value
/// is escaped unless it is written with three braces, `{{{name}}}`.
///
/// Pure: a template reads its variables and nothing else, calls nothing and never runs for long. A source
/// that is no template is refused with its line and column; a variable without value or default is named.
/// Limits: `TemplateLimits`.
package struct Template: Sendable {
    package enum Escaping: Sendable {
        /// Subjects and plain text: values stand as they are.
        case none
        case html
    }

    /// A variable that a template names.
    package struct Variable: Sendable, Hashable {
        /// Such as `user.name`; `items[].price` for what each element of a list has.
        package let name: String
        /// Whether there is nothing to fill in without it.
        package let isRequired: Bool
    }

    let nodes: [TemplateNode]
    let escaping: Escaping
    let limits: TemplateLimits

    package init(
        _ source: String, escaping: Escaping, limits: TemplateLimits = TemplateLimits()
    ) throws(TemplateSyntaxError) {
        nodes = try TemplateParser.parse(source, limits)
        self.escaping = escaping
        self.limits = limits
    }

    /// Fills in.
    package func render(_ variables: [String: TemplateValue]) throws(TemplateRenderError) -> String {
        var renderer = TemplateRenderer(variables: variables, escaping: escaping, limits: limits)
        try renderer.render(nodes)
        return renderer.output
    }

    /// The variables that it names, each once, in their order.
    package var variables: [Variable] {
        var collector = TemplateVariables()
        collector.collect(nodes, list: nil, isCertain: true)
        return collector.variables
    }
}

/// Gathers the variables of nodes.
private struct TemplateVariables {
    private var order: [String] = []
    private var seen: Set<String> = []
    private var required: Set<String> = []

    var variables: [Template.Variable] {
        order.map { Template.Variable(name: $0, isRequired: required.contains($0)) }
    }

    /// - Parameters:
    ///   - list: the name of the list whose elements are meant here.
    ///   - isCertain: whether these nodes are always filled in.
    mutating func collect(_ nodes: [TemplateNode], list: String?, isCertain: Bool) {
        for node in nodes {
            switch node {
            case .text: break
            case .value(let path, let fallback, _):
                note(path, list, isRequired: isCertain && fallback == nil)
            case .condition(let path, let then, let otherwise):
                note(path, list, isRequired: false)
                collect(then, list: list, isCertain: false)
                collect(otherwise, list: list, isCertain: false)
            case .loop(let path, let each, let otherwise):
                let name = note(path, list, isRequired: isCertain)
                collect(each, list: name, isCertain: false)
                collect(otherwise, list: list, isCertain: false)
            }
        }
    }

    @discardableResult
    private mutating func note(_ path: TemplatePath, _ list: String?, isRequired: Bool) -> String {
        let name: String
        if let list {
            let names = path.isOfElement ? path.names.dropFirst() : path.names[...]
            name = names.reduce("\(list)[]") { "\($0).\($1)" }
        } else {
            name = path.description
        }
        if seen.insert(name).inserted { order.append(name) }
        if isRequired { required.insert(name) }
        return name
    }
}
