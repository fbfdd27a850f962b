import SMTPWire

/// Turns what a host said, or failed to say, into a classification. Pure; the knowledge is in
/// `ClassificationRules`.
package enum Classifier {
    /// Text that is looked at, in bytes; hosts put links and explanations behind it.
    private static let maxTextBytes = 2_048
    private static let phrases = PhraseIndex(ClassificationRule.all.map(\.texts))

    package static func classify(_ reply: SMTPReply, stage: SMTPStage) -> Classification {
        classify(code: reply.code, status: reply.status, text: reply.text, stage: stage)
    }

    /// - Parameter code: of the reply; from a delivery report that has only a status, 4xx or 5xx by its
    ///   class.
    package static func classify(
        code: Int, status: EnhancedStatusCode?, text: String, stage: SMTPStage = .recipient
    ) -> Classification {
        // The words about a route are our own, and chosen to go with their status code.
        let words = stage == .route ? "" : String(decoding: text.utf8.prefix(maxTextBytes), as: UTF8.self)
        let found = phrases.rows(in: Array(words.lowercased().utf8))
        for (row, rule) in ClassificationRule.all.enumerated()
        where (rule.texts.isEmpty || found[row]) && rule.matches(code: code, status: status, stage: stage) {
            let action = code / 100 == 5 ? rule.permanent : rule.transient
            return Classification(category: rule.category, action: Self.heed(action, stage), ruleID: rule.id)
        }
        return Classification(
            category: .uncategorized, action: code / 100 == 5 ? .bounce : .retry, ruleID: "other")
    }

    /// A session that is refused as a whole says nothing about the recipient.
    private static func heed(_ action: Classification.Action, _ stage: SMTPStage) -> Classification.Action {
        switch stage {
        case .connect, .greeting, .hello, .startTLS, .reset: action.isFinal ? .suspendLane : action
        case .route, .mail, .recipient, .data, .content, .endOfData: action
        }
    }

    package static func classify(_ failure: SMTPFailure) -> Classification {
        switch failure.reason {
        case .refused(let reply): return classify(reply, stage: failure.stage)
        case .garbled:
            return Classification(category: .protocolError, action: .retry, ruleID: "failure.protocol")
        case .tls: return Classification(category: .tlsFailure, action: .retry, ruleID: "failure.tls")
        case .connection:
            if failure.stage == .connect {
                return Classification(
                    category: .connectionFailure, action: .suspendLane, ruleID: "failure.connect")
            }
            if failure.stage == .endOfData {
                return Classification(
                    category: .connectionFailure, action: .retry, ruleID: "failure.no-final-reply")
            }
            return Classification(category: .connectionFailure, action: .retry, ruleID: "failure.connection")
        }
    }
}
