import FoundationEssentials

/// Reads a program's settings from its environment: typed, declared where they are read, and checked in one
/// go.
///
/// A program has one function that reads every setting into its own immutable struct and then calls
/// `finish()`:
/// ```swift
/// init(reading reader: inout SettingsReader) {
///     httpAddress = reader.socketAddress("DISPATCH_HTTP_LISTEN", default: "0.0.0.0:8025", help: "…")
///     maxMessageBytes = reader.bytes("DISPATCH_MAX_MESSAGE_BYTES", default: 25 << 20, help: "…")
/// }
/// ```
/// A read never throws. What is missing or wrong is noted, a placeholder is returned, and `finish()` throws
/// all of it together, so the struct made from placeholders must not be used unless `finish()` succeeded. An
/// empty variable counts as unset. A variable whose name begins with `DISPATCH_` and that nobody declared is
/// an error, because it is nearly always a misspelt one. Declarations are kept in the order of reading for
/// the help, the table and the docs.
package struct SettingsReader: Sendable {
    /// The prefix of every setting of ours.
    package static let namePrefix = "DISPATCH_"
    /// The longest value that is taken.
    package static let maxValueBytes = 64 << 10

    /// Names that only our development tools read; they may stand in any program's environment.
    package static let toolNames: Set<String> = ["DISPATCH_CORPORA"]

    /// The environment of this process.
    package static var processEnvironment: [String: String] { ProcessInfo.processInfo.environment }

    let environment: [String: String]
    package let program: String
    let alsoKnown: Set<String>
    /// Every setting read so far, each once, in the order of reading.
    package private(set) var declarations: [SettingDeclaration] = []
    private(set) var problems: [SettingsError.Problem] = []
    /// The value in force of each setting as text: what the table prints.
    private(set) var valuesInForce: [String: String] = [:]

    /// - Parameter alsoKnown: names of sibling programs' settings that may stand in the same environment.
    package init(environment: [String: String], program: String, alsoKnown: [String] = []) {
        self.environment = environment
        self.program = program
        self.alsoKnown = Self.toolNames.union(alsoKnown)
    }

    /// The settings that `read` declares, found by reading an empty environment. For documentation and
    /// `alsoKnown`.
    package static func declarations(_ read: (inout SettingsReader) -> Void) -> [SettingDeclaration] {
        var reader = SettingsReader(environment: [:], program: "")
        read(&reader)
        return reader.declarations
    }

    /// Notes a relation between settings that does not hold, for instance a minimum above its maximum.
    package mutating func require(_ holds: Bool, _ name: String, _ expected: String) {
        if !holds { note(name, value: environment[name], expected: expected) }
    }

    /// Throws everything that was wrong, unknown names among it. Call it once, after the last read.
    package func finish() throws(SettingsError) {
        let all = problems + unknownNames()
        guard all.isEmpty else { throw SettingsError(program: program, problems: all) }
    }

    /// All problems found so far, with the unknown names. Empty when the settings can be used.
    package var allProblems: [SettingsError.Problem] { problems + unknownNames() }

    // MARK: - What the typed reads are made of

    /// The text in force: the variable's, or nil when it is unset or empty.
    func text(of name: String) -> String? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        return text
    }

    mutating func declare(_ declaration: SettingDeclaration) {
        if let known = declarations.first(where: { $0.name == declaration.name }) {
            if known != declaration {
                note(declaration.name, value: nil, expected: "is declared twice, differently")
            }
            return
        }
        declarations.append(declaration)
    }

    mutating func note(_ name: String, value: String?, expected: String) {
        let isSecret = declarations.contains { $0.name == name && $0.isSecret }
        let shown = value.map { isSecret ? "[secret]" : String($0.prefix(200)) }
        problems.append(SettingsError.Problem(name: name, value: shown, expected: expected))
    }

    mutating func setInForce(_ name: String, _ text: String) {
        valuesInForce[name] = text
    }

    /// Declares a setting and gives its value: the variable's when `parse` understands it, else the default.
    /// Without either, a problem is noted for a required one and nil is returned.
    mutating func value<Value>(
        of declaration: SettingDeclaration, default fallback: Value?, expected: String,
        parse: (String) -> Value?
    ) -> Value? {
        declare(declaration)
        setInForce(declaration.name, declaration.defaultText ?? "")
        guard let text = text(of: declaration.name) else {
            if declaration.isRequired {
                note(declaration.name, value: nil, expected: "is required: \(expected) (\(declaration.help))")
            }
            return fallback
        }
        guard text.utf8.count <= Self.maxValueBytes, let value = parse(text) else {
            note(declaration.name, value: text, expected: "expected \(expected)")
            return fallback
        }
        setInForce(declaration.name, declaration.isSecret ? "[secret]" : text)
        return value
    }
}
