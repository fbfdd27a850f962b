import Service

extension Arguments {
    /// Whole seconds: a duration such as `30m` or `2h`, or their number; nil when the option is not there.
    func seconds(_ name: String) throws(UsageError) -> Int64? {
        guard let text = option(name) else { return nil }
        if let number = Int64(text) { return number }
        guard let duration = DurationText.parse(text), duration.components.attoseconds == 0 else {
            throw UsageError("--\(name) is a duration such as 90s, 30m, 2h or 1d, not `\(text)`")
        }
        return duration.components.seconds
    }
}
