/// A source that is no template, and where.
package struct TemplateSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// In characters (Unicode scalars), from 1.
    package let column: Int
    /// A sentence without its subject, such as "`{{#if}}` is never closed".
    package let reason: String

    package var description: String { "line \(line), column \(column): \(reason)" }
}

/// Why a template could not be filled in.
package enum TemplateRenderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The variable has no value and no default; named as the template writes it.
    case missing(String)
    /// The variable has a value of another kind than the template needs.
    case unfit(String, wanted: String)
    case tooManySteps(limit: Int)
    case outputTooLong(limitBytes: Int)

    package var description: String {
        switch self {
        case .missing(let name): "the template's variable \(name) has no value"
        case .unfit(let name, let wanted): "the template's variable \(name) must be \(wanted)"
        case .tooManySteps(let limit): "the template takes more than \(limit) steps"
        case .outputTooLong(let limit): "the template's output is longer than \(limit) bytes"
        }
    }

    /// The variable at fault, when it is one's.
    package var variable: String? {
        switch self {
        case .missing(let name), .unfit(let name, _): name
        case .tooManySteps, .outputTooLong: nil
        }
    }
}

/// What a template may be and take. Everything is counted, so that none can stop a process.
package struct TemplateLimits: Sendable {
    package var maxSourceBytes = 256 * 1024
    package var maxTagBytes = 1024
    /// Blocks inside blocks.
    package var maxDepth = 16
    /// Names in a path such as `user.address.city`.
    package var maxPathNames = 8
    /// Pieces of text and tags.
    package var maxNodes = 10_000
    /// Nodes that are visited while it is filled in.
    package var maxSteps = 100_000
    package var maxOutputBytes = 2 * 1024 * 1024

    package init() {}
}
