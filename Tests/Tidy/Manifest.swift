import TestSupport

/// The targets of `Package.swift` and what each may import, read from its text: one call a target, whose
/// string literals are the name, the folder and the uses.
struct Manifest {
    struct Target {
        let name: String
        /// Relative to the root.
        let folder: String
        let uses: [String]
    }

    let targets: [Target]

    init() throws {
        let text = try Files.text("\(SourceTree.root)/Package.swift")
        var targets: [Target] = []
        for call in Self.calls {
            var rest = text[...]
            while let found = rest.firstRange(of: call) {
                rest = rest[found.upperBound...]
                guard let literals = Self.literals(ofCallAt: rest),
                    let target = Self.target(made: call, literals)
                else { continue }
                targets.append(target)
            }
        }
        self.targets = targets
    }

    /// The target that a file belongs to: the one with the longest folder that holds it.
    func target(of path: String) -> Target? {
        targets.filter { path.hasPrefix("\($0.folder)/") }.max { $0.folder.count < $1.folder.count }
    }

    private static let calls = ["shim(", "module(", "program(", "tests(", ".target("]

    private static func target(made call: String, _ literals: [String]) -> Target? {
        guard let name = literals.first else { return nil }
        if call == "tests(" {
            return Target(name: "\(name)Tests", folder: "Tests/\(name)", uses: Array(literals.dropFirst()))
        }
        guard literals.count >= 2 else { return nil }
        switch call {
        case "shim(": return Target(name: name, folder: "\(literals[1])/C/\(name)", uses: [])
        case ".target(": return Target(name: name, folder: literals[1], uses: [])
        default:
            return Target(name: name, folder: "\(literals[1])/\(name)", uses: Array(literals.dropFirst(2)))
        }
    }

    /// The string literals up to the call's closing parenthesis; nil when the call does not begin with one,
    /// as in the declarations of the functions themselves.
    private static func literals(ofCallAt text: Substring) -> [String]? {
        var start = text.drop { $0.isWhitespace }
        if start.hasPrefix("name:") { start = start.dropFirst(5).drop { $0.isWhitespace } }
        guard start.first == "\"" else { return nil }
        var literals: [String] = []
        var literal: String?
        var depth = 1
        for character in start {
            if character == "\"" {
                if let finished = literal { literals.append(finished) }
                literal = literal == nil ? "" : nil
            } else if literal != nil {
                literal?.append(character)
            } else if character == "(" {
                depth += 1
            } else if character == ")" {
                depth -= 1
                if depth == 0 { break }
            }
        }
        return literals
    }
}
