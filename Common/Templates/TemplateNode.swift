/// The name of a variable, or of something inside one: `user.name`.
struct TemplatePath: Sendable, Equatable, CustomStringConvertible {
    /// The element of the innermost `{{#each}}`.
    static let element = "this"

    let names: [String]

    init(names: [String]) { self.names = names }

    /// What nearly every tag is: names of ASCII with dots between them and spaces around them. Nil says
    /// nothing: the tag is still to be read.
    init?(plain content: String, maxNames: Int) {
        let bytes = content.utf8.drop { $0 == 0x20 }
        var names: [String] = []
        var rest = bytes
        repeat {
            let name = rest.prefix { Self.isNameByte($0) }
            guard let first = name.first, Self.isNameStart(first) else { return nil }
            names.append(String(Substring(name)))
            rest = rest[name.endIndex...]
            guard rest.first == UInt8(ascii: ".") else { break }
            rest.removeFirst()
        } while true
        guard rest.allSatisfy({ $0 == 0x20 }), names.count <= maxNames else { return nil }
        self.names = names
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isNameStart(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
    }

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
enum TemplateTag: Equatable {
    enum Block: String { case `if`, each }

    case value(TemplatePath, fallback: String?)
    case open(Block, TemplatePath)
    case otherwise
    case close(Block)

    /// - Throws: the reason, for people.
    init(_ content: String, maxPathNames: Int) throws(TemplateTagProblem) {
        if let path = TemplatePath(plain: content, maxNames: maxPathNames) {
            self = path.names == ["else"] ? .otherwise : .value(path, fallback: nil)
            return
        }
        try self.init(reading: content, maxPathNames: maxPathNames)
    }

    /// The same by the grammar, whatever it is.
    init(reading content: String, maxPathNames: Int) throws(TemplateTagProblem) {
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

struct TemplateTagProblem: Error, Equatable {
    let reason: String
}
