import SMTPWire

extension Undelivered {
    /// By a reply of the host, or of ours where DNS or EHLO had the answer.
    static func said(
        _ reply: SMTPReply, _ stage: SMTPStage, host: RemoteHost?, isRemote: Bool = true,
        isAboutOneRecipient: Bool = true
    ) -> Undelivered {
        let classification = Classifier.classify(reply, stage: stage)
        return Undelivered(
            host: host, reply: reply.kept, isRemoteReply: isRemote, stage: stage,
            classification: isAboutOneRecipient ? classification : classification.withoutSuppression,
            retryAfter: RetryHint.read(from: reply), isAmbiguous: false)
    }

    /// By the lack of one.
    static func failed(_ failure: SMTPFailure, host: RemoteHost?) -> Undelivered {
        if case .refused(let reply) = failure.reason {
            let classification = Classifier.classify(failure)
            return Undelivered(
                host: host, reply: reply.kept, isRemoteReply: true, stage: failure.stage,
                classification: classification, retryAfter: RetryHint.read(from: reply), isAmbiguous: false)
        }
        return Undelivered(
            host: host, reply: failure.reply, isRemoteReply: false, stage: failure.stage,
            classification: Classifier.classify(failure), retryAfter: nil,
            isAmbiguous: failure.stage == .endOfData)
    }

    /// By what this host cannot do, as its EHLO has told: nothing was asked for the message, and nothing is
    /// held against the recipient.
    static func unable(
        _ code: Int, _ status: EnhancedStatusCode, _ text: String, _ host: RemoteHost
    ) -> Undelivered {
        .said(SMTPReply(code, status, text), .mail, host: host, isRemote: false, isAboutOneRecipient: false)
    }

    /// By a fault of our own: never held against the recipient.
    static func ours(_ code: Int, _ status: EnhancedStatusCode, _ text: String, _ stage: SMTPStage)
        -> Undelivered
    {
        Undelivered(
            host: nil, reply: SMTPReply(code, status, text), isRemoteReply: false, stage: stage,
            classification: Classification(
                category: .protocolError, action: code / 100 == 5 ? .bounce : .retry, ruleID: "own"),
            retryAfter: nil, isAmbiguous: false)
    }
}

extension SMTPFailure {
    /// The failure as a reply in our own words.
    var reply: SMTPReply {
        switch reason {
        case .refused(let reply): reply
        case .garbled(let what):
            SMTPReply(451, .init(4, 5, 0), "\(step): the host broke the protocol: \(what)")
        case .tls(let what): SMTPReply(451, .init(4, 7, 5), "\(step): \(what)")
        case .connection(let error): SMTPReply(451, .init(4, 4, error.isTimeout ? 1 : 2), "\(step): \(error)")
        }
    }

    private var step: String {
        switch stage {
        case .route: "finding the mail host"
        case .connect: "connecting"
        case .greeting: "waiting for the greeting"
        case .hello: "at EHLO"
        case .startTLS: "at STARTTLS"
        case .mail: "at MAIL"
        case .recipient: "at RCPT"
        case .data: "at DATA"
        case .content: "while sending the message"
        case .endOfData: "after the final dot"
        case .reset: "at RSET"
        }
    }
}
