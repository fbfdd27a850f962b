/// Everything that is wrong with a program's settings, reported together so that one start finds all of it.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The environment variable.
        package let name: String
        /// The value found, masked when it is secret; nil when the variable is missing.
        package let value: String?
        /// What would be right, or what to do.
        package let expected: String

        package var description: String {
            guard let value else { return "\(name): \(expected)" }
            return "\(name)=\(value): \(expected)"
        }
    }

    /// The exit code of a program that refuses its settings (`EX_CONFIG` of sysexits).
    package static let exitCode: Int32 = 78

    package let program: String
    package let problems: [Problem]

    package var description: String {
        let title =
            "\(program): \(problems.count) \(problems.count == 1 ? "setting is" : "settings are") wrong"
        return ([title] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
