/// The rest of a command line: `--name value` pairs and flags. A name that no verb asked for is a mistake.
struct Arguments {
    /// What is wrong with the command line.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    private var values: [String: String] = [:]

    /// - Parameter flags: names that stand alone.
    init(_ words: some Sequence<String>, flags: Set<String> = []) throws(Mistake) {
        var name: String?
        for word in words {
            if let open = name {
                values[open] = word
                name = nil
            } else if word.hasPrefix("--") {
                if flags.contains(word) { values[word] = "" } else { name = word }
            } else {
                throw Mistake(description: "\(word) belongs to no option")
            }
        }
        if let name { throw Mistake(description: "\(name) needs a value") }
    }

    mutating func flag(_ name: String) -> Bool { values.removeValue(forKey: name) != nil }

    mutating func text(_ name: String) -> String? { values.removeValue(forKey: name) }

    mutating func text(_ name: String, default other: String) -> String { text(name) ?? other }

    mutating func required(_ name: String) throws(Mistake) -> String {
        guard let value = text(name) else { throw Mistake(description: "\(name) is missing") }
        return value
    }

    mutating func int(_ name: String, default other: Int) throws(Mistake) -> Int {
        guard let value = text(name) else { return other }
        guard let number = Int(value), number >= 0 else {
            throw Mistake(description: "\(name) \(value) is no whole number")
        }
        return number
    }

    /// Call it when everything was asked for.
    func finish() throws(Mistake) {
        guard values.isEmpty else {
            throw Mistake(description: "unknown: \(values.keys.sorted().joined(separator: " "))")
        }
    }
}
