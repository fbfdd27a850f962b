/// Reads what stands in a tag, from left to right.
struct TemplateTagReader {
    private var rest: Substring
    private let maxPathNames: Int

    init(_ content: String, maxPathNames: Int) {
        rest = content[...]
        self.maxPathNames = maxPathNames
    }

    mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }

    mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    /// Letters, digits, `_` and `-`; empty when there are none.
    mutating func word() -> String {
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    /// `name` or `name.name`.
    mutating func path() throws(TemplateTagProblem) -> TemplatePath {
        skipSpace()
        var names: [String] = []
        repeat {
            let name = word()
            guard let first = name.first, first.isLetter || first == "_" else {
                throw .init(
                    reason: "a variable's name is expected: letters, digits, _ and -, beginning with a letter"
                )
            }
            names.append(name)
        } while take(".")
        guard names.count <= maxPathNames else {
            throw .init(reason: "a variable's path has more than \(maxPathNames) names")
        }
        return TemplatePath(names: names)
    }

    /// `|default:"text"`, where `\"` and `\\` stand for the character; nil when there is none.
    mutating func fallback() throws(TemplateTagProblem) -> String? {
        skipSpace()
        guard take("|") else { return nil }
        skipSpace()
        let filter = word()
        guard filter == "default" else {
            throw .init(reason: "there is no filter `\(filter)`: only default:\"…\"")
        }
        skipSpace()
        let hasColon = take(":")
        skipSpace()
        guard hasColon, take("\"") else { throw .init(reason: "`default` needs a text: default:\"…\"") }
        var text = ""
        while let character = rest.first {
            rest.removeFirst()
            if character == "\"" { return text }
            if character == "\\", let escaped = rest.first {
                rest.removeFirst()
                text.append(escaped)
            } else {
                text.append(character)
            }
        }
        throw .init(reason: "the text of `default` is never closed")
    }

    mutating func end() throws(TemplateTagProblem) {
        skipSpace()
        guard rest.isEmpty else { throw .init(reason: "`\(rest.prefix(40))` does not belong into this tag") }
    }
}
