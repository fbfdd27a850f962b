/// What a program prints about its settings. All of it is made from the declarations.
extension SettingsReader {
    /// The answer to `--help`, `-h` and `--print-settings` among a program's arguments, with the exit code to
    /// give after printing it; nil when the program should go on and start.
    package func answer(to arguments: [String], about: String) -> (text: String, exitCode: Int32)? {
        if arguments.contains("--help") || arguments.contains("-h") { return (helpText(about: about), 0) }
        guard arguments.contains("--print-settings") else { return nil }
        let problems = allProblems
        guard !problems.isEmpty else { return (settingsTable(), 0) }
        let error = SettingsError(program: program, problems: problems)
        return (settingsTable() + "\n\(error)\n", SettingsError.exitCode)
    }

    /// The settings in force as a table: name, value (secrets masked), and where it comes from.
    package func settingsTable() -> String {
        let rows = declarations.map { declaration in
            let isSet =
                text(of: declaration.name) != nil
                || (declaration.isSecret && text(of: Self.fileVariable(of: declaration.name)) != nil)
            return (
                declaration.name, valuesInForce[declaration.name] ?? "", isSet ? "environment" : "default"
            )
        }
        let nameWidth = rows.map(\.0.count).max() ?? 0
        let valueWidth = min(60, rows.map(\.1.count).max() ?? 0)
        return rows.map { name, value, source in
            "\(name.padded(to: nameWidth))  \(Self.oneLine(value).padded(to: valueWidth))  \(source)\n"
        }.joined()
    }

    /// The help: what the program is, then each setting with its kind, default and one line.
    package func helpText(about: String) -> String {
        let settings = declarations.map { "  \($0.name)  (\($0.summary))\n      \($0.help)\n" }.joined()
        return """
            \(about)

            Options: --help  --print-settings

            Settings (environment variables):
            \(settings)A secret may be read from a file instead: set its name with _FILE appended to the path.

            """
    }

    /// The value without anything that could move a terminal's cursor.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { LogLine.mustEscape($0) ? "?" : $0 }))
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
