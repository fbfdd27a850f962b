import SMTPWire

/// One row of the table: what a reply has to look like, and what it then means.
struct ClassificationRule: Sendable {
    /// Stable: it stands in events and settings.
    let id: String
    let category: Classification.Category
    /// What follows from a 5xx and from a 4xx.
    let permanent: Classification.Action
    let transient: Classification.Action
    /// At least one of these in the text, in lower case; empty: any text.
    var texts: [String] = []
    /// Subject and detail of the enhanced status code; nil: any, or none.
    var status: StatusPattern?
    /// The three digits; empty: any.
    var codes: Set<Int> = []
    var stages: Stages = .any

    enum Stages: Sendable {
        case any
        /// Where a reply is about a recipient or its message.
        case recipient
        /// Where it is about the sender.
        case sender
        /// Before there is a message.
        case session

        func contains(_ stage: SMTPStage) -> Bool {
            switch self {
            case .any: true
            case .recipient: [.recipient, .data, .content, .endOfData, .route].contains(stage)
            case .sender: stage == .mail
            case .session: [.connect, .greeting, .hello, .startTLS].contains(stage)
            }
        }
    }

    struct StatusPattern: Sendable {
        let subject: Int
        /// Nil: any.
        let details: ClosedRange<Int>?

        static func one(_ subject: Int, _ detail: Int) -> Self {
            Self(subject: subject, details: detail...detail)
        }
        static func all(_ subject: Int) -> Self { Self(subject: subject, details: nil) }

        func matches(_ status: EnhancedStatusCode) -> Bool {
            status.subject == subject && (details?.contains(status.detail) ?? true)
        }
    }

    /// Whether everything but the texts fits.
    func matches(code: Int, status: EnhancedStatusCode?, stage: SMTPStage) -> Bool {
        guard stages.contains(stage), codes.isEmpty || codes.contains(code) else { return false }
        guard let pattern = self.status else { return true }
        return status.map(pattern.matches) ?? false
    }
}
