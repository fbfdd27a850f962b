/// One thing that may be wrong with a message. Rules are pure: each looks at the message and says what it
/// found, and knows nothing of the others.
struct AnalysisRule: Sendable {
    enum Severity: String, Sendable, CaseIterable, Comparable {
        case critical, high, medium, low

        static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    enum Subject: String, Sendable, CaseIterable {
        case content, links, headers, size, sender, recipients, labels
    }

    let type: Subject
    let subtype: String
    let severity: Severity
    /// What it takes from the score of 100.
    let penalty: Int
    /// What to do about it, in one sentence.
    let recommendation: String
    /// What is wrong, in a few words; nil when nothing is.
    let find: @Sendable (AnalyzedMessage) -> String?

    init(
        _ type: Subject, _ subtype: String, _ severity: Severity, _ penalty: Int, _ recommendation: String,
        find: @escaping @Sendable (AnalyzedMessage) -> String?
    ) {
        self.type = type
        self.subtype = subtype
        self.severity = severity
        self.penalty = penalty
        self.recommendation = recommendation
        self.find = find
    }

    /// All of them, in the order in which they are told within a severity.
    static let all = sender + recipients + content + links + headers + size + labels
}
