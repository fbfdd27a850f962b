import Delivery

/// `mta-node classify "550 5.1.1 no such user"`: what the classifier makes of a reply, for people who wonder.
/// The line is read as a reply to RCPT, or as the diagnostic text of a report.
enum ClassifyCommand {
    /// One `name value` a line, without an end of line.
    static func explain(_ line: String) -> String {
        let (classification, phrase) = Classifier.explain(line)
        let answers = [
            ("category", classification.category.rawValue), ("action", classification.action.rawValue),
            ("rule", classification.ruleID), ("phrase", phrase ?? "none: the code decided"),
            ("rule set", Classifier.ruleSet),
        ]
        return answers.map { name, value in
            name + String(repeating: " ", count: 10 - name.count) + value
        }.joined(separator: "\n")
    }
}
