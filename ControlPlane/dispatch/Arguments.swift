/// Wrong words on the command line.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}

/// The words of a command line: names, and options, which a command has to know.
struct Arguments: Sendable {
    /// Those that stand alone; every other option has a value.
    private static let flags: Set<String> = [
        "help", "json", "operator", "everything", "dry-run", "disabled", "yes", "force",
    ]
    /// Those that every command knows.
    private static let common: Set<String> = ["help", "json"]

    private(set) var words: [String] = []
    private var values: [String: [String]] = [:]
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
            if Self.flags.contains(name) {
                guard parts.count == 1 else { throw UsageError("--\(name) has no value") }
                setFlags.insert(name)
            } else {
                guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                    throw UsageError("--\(name) needs a value, or is no option")
                }
                values[name, default: []].append(value)
            }
        }
    }

    /// Refuses every option that is not among these: one that a command passes over would change its meaning.
    ///
    /// - Parameter repeated: those of them that may be given several times.
    func allow(_ names: Set<String> = [], repeated: Set<String> = []) throws(UsageError) {
        for name in setFlags.union(values.keys).sorted()
        where !names.contains(name) && !repeated.contains(name) && !Self.common.contains(name) {
            throw UsageError("there is no option --\(name) here")
        }
        for (name, given) in values where given.count > 1 && !repeated.contains(name) {
            throw UsageError("--\(name) is given \(given.count) times")
        }
    }

    func flag(_ name: String) -> Bool { setFlags.contains(name) }
    func option(_ name: String) -> String? { values[name]?.last }
    /// Every value of an option, in order.
    func options(_ name: String) -> [String] { values[name] ?? [] }

    func required(option name: String) throws(UsageError) -> String {
        guard let value = option(name), !value.isEmpty else { throw UsageError("--\(name) is required") }
        return value
    }

    /// A whole number; nil when the option is not there.
    func integer(_ name: String) throws(UsageError) -> Int64? {
        guard let text = option(name) else { return nil }
        guard let number = Int64(text) else { throw UsageError("--\(name) is a whole number, not `\(text)`") }
        return number
    }

    /// A number; nil when the option is not there.
    func number(_ name: String) throws(UsageError) -> Double? {
        guard let text = option(name) else { return nil }
        guard let number = Double(text), number.isFinite else {
            throw UsageError("--\(name) is a number, not `\(text)`")
        }
        return number
    }

    /// The word at a place behind the command, such as `EMAIL`; there must be no more than `count` in all.
    func word(_ index: Int, _ name: String, of count: Int) throws(UsageError) -> String {
        guard words.count <= count else { throw UsageError("`\(words[count])` is one word too many") }
        guard index < words.count, !words[index].isEmpty else { throw UsageError("\(name) is missing") }
        return words[index]
    }
}
