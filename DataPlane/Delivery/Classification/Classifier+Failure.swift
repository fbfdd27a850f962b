extension Classifier {
    /// A session or a transaction that came to nothing; only a refusal has words.
    package static func classify(_ failure: SMTPFailure) -> Classification {
        switch failure.reason {
        case .refused(let reply): classify(reply, stage: failure.stage)
        case .garbled: Classification(category: .protocolError, action: .retry, ruleID: "failure.protocol")
        case .tls: Classification(category: .tlsFailure, action: .retry, ruleID: "failure.tls")
        case .connection: lost(at: failure.stage)
        }
    }

    private static func lost(at stage: SMTPStage) -> Classification {
        switch stage {
        case .connect:
            Classification(category: .connectionFailure, action: .suspendLane, ruleID: "failure.connect")
        case .endOfData:
            Classification(category: .connectionFailure, action: .retry, ruleID: "failure.no-final-reply")
        default: Classification(category: .connectionFailure, action: .retry, ruleID: "failure.connection")
        }
    }
}
