/// What a program says about one of its settings: enough to print the help, the settings table and the
/// documentation.
package struct SettingDeclaration: Sendable, Equatable {
    /// What kind of text the variable holds.
    package enum Kind: String, Sendable, Equatable {
        case text
        case secret
        case choice
        case integer
        case boolean
        case duration
        case bytes
        case address
        case hostAndPort = "host and port"
        case url = "URL"
        case list
        case path
    }

    /// The environment variable, `DISPATCH_…`.
    package let name: String
    package let kind: Kind
    /// The default as an operator would write it; nil when there is none.
    package let defaultText: String?
    /// True when the program refuses to start without it.
    package let isRequired: Bool
    /// What the number counts ("connections", "messages/s"), when the kind does not say it.
    package let unit: String?
    /// One line of help.
    package let help: String

    /// True when the value must never be printed.
    package var isSecret: Bool { kind == .secret }

    /// What stands beside the name in the help: the kind, the unit and the default.
    package var summary: String {
        var parts = [kind.rawValue]
        if let unit { parts.append("in \(unit)") }
        if isRequired {
            parts.append("required")
        } else if let defaultText, !defaultText.isEmpty {
            parts.append("default \(isSecret ? "[secret]" : defaultText)")
        } else {
            parts.append("no default")
        }
        return parts.joined(separator: ", ")
    }
}
