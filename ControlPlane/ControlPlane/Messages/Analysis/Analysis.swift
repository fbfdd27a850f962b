import HTTP

/// What the rules found in a message: issues, and a score of 100 less their penalties.
struct Analysis: Encodable, Sendable {
    struct Issue: Encodable, Sendable, Equatable {
        let type: String
        let subtype: String
        let severity: String
        let detail: String
        let penalty: Int
    }

    let score: Int
    let grade: String
    let issuesCount: Int
    let criticalCount: Int
    let highCount: Int
    let mediumCount: Int
    let lowCount: Int
    /// A message with a critical issue is refused, or helps nobody.
    let canSend: Bool
    let recommendations: [String]
    let issues: [Issue]

    init(_ message: AnalyzedMessage, rules: [AnalysisRule] = AnalysisRule.all) {
        let found = rules.enumerated().compactMap { place, rule in
            rule.find(message).map { (place: place, rule: rule, detail: $0) }
        }.sorted { ($0.rule.severity, $0.place) < ($1.rule.severity, $1.place) }
        let score = max(0, 100 - found.reduce(0) { $0 + $1.rule.penalty })
        func count(_ severity: AnalysisRule.Severity) -> Int { found.count { $0.rule.severity == severity } }
        self.score = score
        grade = Self.grade(score)
        issuesCount = found.count
        criticalCount = count(.critical)
        highCount = count(.high)
        mediumCount = count(.medium)
        lowCount = count(.low)
        canSend = criticalCount == 0
        recommendations = found.map(\.rule.recommendation)
        issues = found.map { _, rule, detail in
            Issue(
                type: rule.type.rawValue, subtype: rule.subtype, severity: rule.severity.rawValue,
                detail: detail, penalty: rule.penalty)
        }
    }

    static func grade(_ score: Int) -> String {
        switch score {
        case 90...: "excellent"
        case 75..<90: "good"
        case 50..<75: "fair"
        default: "poor"
        }
    }

    static let schema = Schema.record([
        "score": .integer.example(95), "grade": .choice("excellent", "good", "fair", "poor"),
        "issues_count": .integer.example(1), "critical_count": .integer, "high_count": .integer,
        "medium_count": .integer.example(1), "low_count": .integer, "can_send": .boolean.example(true),
        "recommendations": Schema.array(
            .string.example("Consider adding a text version for better deliverability.")),
        "issues": .array(
            .record([
                "type": .choice(AnalysisRule.Subject.allCases.map(\.rawValue)),
                "subtype": .string.example("missing_text"),
                "severity": .choice(AnalysisRule.Severity.allCases.map(\.rawValue)).example("medium"),
                "detail": .string.example("No plain text version"), "penalty": .integer.example(5),
            ]).named("AnalysisIssue")),
    ]).named("Analysis")
}
