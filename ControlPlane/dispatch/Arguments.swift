/// Wrong words on the command line.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}

/// The words of a command line: names and options.
struct Arguments: Sendable {
    private static let flags: Set<String> = ["help", "json", "operator"]
    private static let options: Set<String> = ["password-file", "slug", "plan", "reason", "name"]

    private(set) var words: [String] = []
    private var values: [String: String] = [:]
    private var setFlags: Set<String> = []

    init(_ all: [String]) throws(UsageError) {
        var rest = all[...]
        while let word = rest.popFirst() {
            if word == "-h" {
                setFlags.insert("help")
                continue
            }
            guard word.hasPrefix("--") else {
                words.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts.first ?? "")
            if Self.flags.contains(name), parts.count == 1 {
                setFlags.insert(name)
            } else if Self.options.contains(name) {
                guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                    throw UsageError("--\(name) needs a value")
                }
                values[name] = value
            } else {
                throw UsageError("there is no option \(word)")
            }
        }
    }

    func flag(_ name: String) -> Bool { setFlags.contains(name) }
    func option(_ name: String) -> String? { values[name] }

    func required(option name: String) throws(UsageError) -> String {
        guard let value = values[name], !value.isEmpty else { throw UsageError("--\(name) is required") }
        return value
    }

    /// The word at a place behind the command, such as `EMAIL`; there must be no more than `count` in all.
    func word(_ index: Int, _ name: String, of count: Int) throws(UsageError) -> String {
        guard words.count <= count else { throw UsageError("`\(words[count])` is one word too many") }
        guard index < words.count, !words[index].isEmpty else { throw UsageError("\(name) is missing") }
        return words[index]
    }
}
