extension MessageTemplate {
    /// Variables that the service fills in where the caller gives none, each with a sample for previews.
    package static let serviceVariables: [String: TemplateValue] = [
        "unsubscribe_url": .text("https://example.com/unsubscribe")
    ]

    /// The variables that a caller has to give.
    package var requiredVariables: [String] {
        variables.filter { $0.isRequired && Self.serviceVariables[$0.name] == nil }.map(\.name)
    }
}
