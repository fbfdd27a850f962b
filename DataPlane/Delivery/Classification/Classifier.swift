import SMTPWire

/// Turns what a host said into a classification. Pure; the knowledge is the table in `ClassificationRule.all`,
/// of which the first row that fits decides.
///
/// It always answers, whatever the text holds: reading is bounded by `ReplyWords.maxTextBytes`, and a reply
/// that no row knows is uncategorized. It is meant for refusals; a 2xx is not to be handed in. Only a 5xx
/// that is evidence about one recipient suppresses: a reply to RCPT, or the status of one recipient in a
/// report, whose words or whose enhanced status code leave no doubt.
package enum Classifier {
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
            let result = Classification(
                category: rule.category, action: action(rule, said), ruleID: rule.id)
            return (result, found[row].map { rule.phrases[$0] })
        }
        let action: Classification.Action = said.isPermanent ? .bounce : .retry
        return (Classification(category: .uncategorized, action: action, ruleID: "other"), nil)
    }

    private static func action(_ rule: ClassificationRule, _ said: Said) -> Classification.Action {
        let action = said.isPermanent ? rule.permanent : rule.transient
        guard action.isFinal else { return action }
        // A session that is refused as a whole says nothing about the recipient.
        if said.stage?.isBeforeMessage == true { return .suspendLane }
        let isProved = action == .suppress || said.status.map(provesAddressUseless) ?? false
        let isEvidence = said.isPermanent && (said.stage == .recipient || said.stage == nil)
        return isProved && isEvidence && rule.category.maySuppress ? .suppress : .bounce
    }

    /// X.1.1 bad mailbox, X.1.2 bad system, X.1.3 bad syntax, X.1.6 moved, X.1.10 null MX; X.2.1, which is
    /// of a mailbox that takes nothing, where the words have said that there is none.
    private static func provesAddressUseless(_ status: EnhancedStatusCode) -> Bool {
        switch (status.subject, status.detail) {
        case (1, 1...3), (1, 6), (1, 10), (2, 1): true
        default: false
        }
    }
}
