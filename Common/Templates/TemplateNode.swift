/// The name of a variable, or of something inside one: `user.name`.
struct TemplatePath: Sendable, Equatable, CustomStringConvertible {
    /// The element of the innermost `{{#each}}`.
    static let element = "this"

    let names: [String]

    var description: String { names.joined(separator: ".") }
    var isOfElement: Bool { names.first == Self.element }
}

/// A piece of a template that was read.
indirect enum TemplateNode: Sendable {
    case text(String)
    case value(TemplatePath, fallback: String?, isRaw: Bool)
    case condition(TemplatePath, then: [TemplateNode], otherwise: [TemplateNode])
    case loop(TemplatePath, each: [TemplateNode], otherwise: [TemplateNode])
}

/// A tag by its meaning.
enum TemplateTag {
    enum Block: String { case `if`, each }

    case value(TemplatePath, fallback: String?)
    case open(Block, TemplatePath)
    case otherwise
    case close(Block)

    /// - Throws: the reason, for people.
    init(_ content: String, maxPathNames: Int) throws(TemplateTagProblem) {
        var reader = TemplateTagReader(content, maxPathNames: maxPathNames)
        reader.skipSpace()
        if reader.take("#") {
            let word = reader.word()
            guard let block = Block(rawValue: word) else {
                throw .init(reason: "there is no block `#\(word)`: use #if or #each")
            }
            self = .open(block, try reader.path())
        } else if reader.take("/") {
            let word = reader.word()
            guard let block = Block(rawValue: word) else {
                throw .init(reason: "there is no block `/\(word)`: use /if or /each")
            }
            self = .close(block)
        } else {
            let path = try reader.path()
            let fallback = try reader.fallback()
            self = path.names == ["else"] && fallback == nil ? .otherwise : .value(path, fallback: fallback)
        }
        try reader.end()
    }
}

struct TemplateTagProblem: Error {
    let reason: String
}
