import SMTPWire

/// One row of the table: what a reply has to look like, and what it then means. All that is given has to fit.
struct ClassificationRule: Sendable {
    /// Stable: it stands in events and settings.
    let id: String
    let category: Classification.Category
    /// What follows from a 5xx and from a 4xx. `suppress` says that the words, close together, prove the
    /// address to be of no use; without it a code has to. It becomes `bounce` where there is no such proof,
    /// or where the reply is no evidence about one recipient.
    let permanent: Classification.Action
    let transient: Classification.Action
    /// At least one of these in the words of the reply (see `PhraseIndex`); empty: any words.
    let phrases: [String]
    /// One of these has the subject and detail of the enhanced status code; empty: any, or none.
    let statuses: [Status]
    /// One of the three-digit codes; empty: any, or none.
    let codes: Set<Int>
    let stages: Stages

    enum Stages: Sendable {
        case any
        /// Where a reply is about a recipient or its message; reports count as that.
        case recipient
        /// Where it is about the sender.
        case sender
        /// Before there is a message.
        case session

        func contains(_ stage: SMTPStage?) -> Bool {
            switch (self, stage) {
            case (.any, _): true
            case (.recipient, .recipient?), (.recipient, .data?), (.recipient, .content?): true
            case (.recipient, .endOfData?), (.recipient, .route?), (.recipient, nil): true
            case (.sender, .mail?): true
            case (.session, let stage?): stage.isBeforeMessage
            default: false
            }
        }
    }

    /// Subject and details of an enhanced status code.
    struct Status: Sendable {
        let subject: Int
        let details: ClosedRange<Int>

        init(_ subject: Int, _ details: ClosedRange<Int> = 0...999) {
            self.subject = subject
            self.details = details
        }

        init(_ subject: Int, _ detail: Int) { self.init(subject, detail...detail) }

        func matches(_ status: EnhancedStatusCode) -> Bool {
            status.subject == subject && details.contains(status.detail)
        }
    }

    init(
        _ id: String, _ category: Classification.Category, _ permanent: Classification.Action = .bounce,
        _ transient: Classification.Action = .retry, at stages: Stages = .any, codes: Set<Int> = [],
        status: [Status] = [], saying phrases: [String] = []
    ) {
        self.id = id
        self.category = category
        self.permanent = permanent
        self.transient = transient
        self.phrases = phrases
        self.statuses = status
        self.codes = codes
        self.stages = stages
    }

    /// Whether everything but the words fits.
    func matches(code: Int?, status: EnhancedStatusCode?, stage: SMTPStage?) -> Bool {
        guard stages.contains(stage) else { return false }
        if !codes.isEmpty {
            guard let code, codes.contains(code) else { return false }
        }
        guard !statuses.isEmpty else { return true }
        return status.map { status in statuses.contains { $0.matches(status) } } ?? false
    }
}

extension SMTPStage {
    /// Whether the session is not yet about a message.
    var isBeforeMessage: Bool {
        switch self {
        case .connect, .greeting, .hello, .startTLS, .reset: true
        case .route, .mail, .recipient, .data, .content, .endOfData: false
        }
    }
}
