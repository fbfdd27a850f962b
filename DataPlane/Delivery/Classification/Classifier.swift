import SMTPWire

/// Turns what a host said into a classification. Pure; the knowledge is the table `ClassificationRule.all`,
/// of which the first row that fits decides.
///
/// It always answers, whatever the text holds: reading is bounded by `ReplyWords.maxTextBytes`, and a reply
/// that no row knows is uncategorized. It is meant for refusals; a 2xx is not to be handed in. Only a 5xx
/// that is evidence about one recipient suppresses: a reply to RCPT, or the status of one recipient in a
/// report, whose words or whose enhanced status code leave no doubt.
package enum Classifier {
    /// Names the table in force, for whoever compares classifications of different days.
    package static let ruleSet = ClassificationRule.setID

    private static let index = PhraseIndex(ClassificationRule.all.map(\.phrases))

    /// What a host said in our own session.
    package static func classify(_ reply: SMTPReply, stage: SMTPStage) -> Classification {
        decide(Said(code: reply.code, status: reply.status, text: reply.text, stage: stage)).classification
    }

    /// What a delivery report says of one recipient (RFC 3464): the text of `Diagnostic-Code`, or any words
    /// about the failure, and the code of `Status`, which yields to one within the text.
    ///
    /// The action is what would follow if the words had been said to us; of a report that has given up,
    /// `Classification.givenUp` remains.
    package static func classify(status: EnhancedStatusCode?, diagnostic: String) -> Classification {
        decide(Diagnostic(diagnostic, status: status).said).classification
    }

    /// The same, with the words that decided; for people.
    package static func explain(_ line: String) -> (Classification, phrase: String?) {
        decide(Diagnostic(line, status: nil).said)
    }

    /// One refusal, from wherever it came.
    struct Said {
        /// Nil: there is none, as in many reports.
        let code: Int?
        let status: EnhancedStatusCode?
        let text: String
        /// Nil: not known, in a report.
        let stage: SMTPStage?

        /// The reply code rules; a report may have no more than a status, and without either it is final.
        var isPermanent: Bool { code.map { $0 / 100 == 5 } ?? (status?.statusClass != 4) }
    }

    static func decide(_ said: Said) -> (classification: Classification, phrase: String?) {
        // The words about a route are our own, and chosen to go with their status code.
        let found = index.rows(in: ReplyWords(said.stage == .route ? "" : said.text))
        for (row, rule) in ClassificationRule.all.enumerated()
        where (rule.phrases.isEmpty || found[row] != nil)
            && rule.matches(code: said.code, status: said.status, stage: said.stage)
        {
            let isProved = isProved(rule, found, found[row]?.isTight ?? false, said.status)
            let result = Classification(
                category: rule.category, action: action(rule, said, isProved: isProved), ruleID: rule.id)
            return (result, found[row].map { rule.phrases[$0.place] })
        }
        let action: Classification.Action = said.isPermanent ? .bounce : .retry
        return (Classification(category: .uncategorized, action: action, ruleID: "other"), nil)
    }

    private static func action(_ rule: ClassificationRule, _ said: Said, isProved: Bool)
        -> Classification.Action
    {
        let action = said.isPermanent ? rule.permanent : rule.transient
        guard action.isFinal else { return action }
        // A session that is refused as a whole says nothing about the recipient.
        if said.stage?.isBeforeMessage == true { return .suspendLane }
        let isEvidence = said.isPermanent && (said.stage == .recipient || said.stage == nil)
        return isProved && isEvidence ? .suppress : .bounce
    }

    /// Whether code or words leave no doubt that the address is of no use. Words alone do so where they stand
    /// close together, the code does not contradict them, and no clear word speaks of anything else.
    private static func isProved(
        _ rule: ClassificationRule, _ found: [PhraseIndex.Match?], _ isTight: Bool,
        _ status: EnhancedStatusCode?
    ) -> Bool {
        guard rule.category.maySuppress else { return false }
        if status.map(provesAddressUseless) ?? false { return true }
        guard rule.permanent == .suppress, isTight, !(status.map(contradicts) ?? false) else { return false }
        return !zip(ClassificationRule.clear, found).contains { $1 != nil && !$0.category.maySuppress }
    }

    /// X.1.1 bad mailbox, X.1.2 bad system, X.1.3 bad syntax, X.1.6 moved, X.1.10 null MX; X.2.1, which is
    /// of a mailbox that takes nothing, where the words have said that there is none.
    private static func provesAddressUseless(_ status: EnhancedStatusCode) -> Bool {
        switch (status.subject, status.detail) {
        case (1, 1...3), (1, 6), (1, 10), (2, 1): true
        default: false
        }
    }

    /// A code of something else than an address. X.7.1 is said of everything, as are codes ending in 0.
    private static func contradicts(_ status: EnhancedStatusCode) -> Bool {
        switch (status.subject, status.detail) {
        case (1, _), (_, 0), (7, 1), (4, 1): false
        default: true
        }
    }
}
