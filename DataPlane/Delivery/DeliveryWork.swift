import MailFormat
import SMTPWire

/// The state of one attempt: what is still open, and what has come of the rest.
struct DeliveryWork {
    let attempt: DeliveryAttempt
    private var sender: SMTPPath?
    private var paths: [SMTPPath?] = []
    private var encodedContent: [UInt8] = []
    private var messageBytes = 0
    private var hasEightBitBody = false
    private var hasEightBitHeader = false
    private var results: [Outcome?]

    init(_ attempt: DeliveryAttempt) {
        self.attempt = attempt
        results = Array(repeating: nil, count: attempt.recipients.count)
    }

    var isDone: Bool { !results.contains { $0 == nil } }

    /// In the order of the recipients; complete when the work is done or closed.
    var outcomes: [RecipientOutcome] {
        results.enumerated().map { index, outcome in
            RecipientOutcome(
                index: index,
                outcome: outcome ?? .deferred(.ours(451, .init(4, 3, 0), "not attempted", .route)))
        }
    }

    /// Reads the addresses, signs, and encodes the message. Answers why nothing can be sent, if so.
    mutating func prepare() async -> Undelivered? {
        do {
            sender = try attempt.sender.map { text throws(SMTPPath.Malformation) in try Self.path(text) }
        } catch {
            return .ours(553, .init(5, 1, 7), "the sender's address is malformed", .mail)
        }
        for (index, recipient) in attempt.recipients.enumerated() {
            let path = try? Self.path(recipient.address)
            paths.append(path)
            if path == nil {
                results[index] = .bounced(
                    .ours(553, .init(5, 1, 3), "the recipient's address is malformed", .route))
            }
        }
        if isDone { return .ours(553, .init(5, 1, 3), "no recipient", .route) }
        var message: [UInt8] = []
        do { message = try await attempt.sign?() ?? [] } catch {
            return .ours(451, .init(4, 3, 0), "the message could not be signed for now", .route)
        }
        return encode(message + attempt.content)
    }

    /// The domain in A-labels, so that only a local part asks for SMTPUTF8.
    private static func path(_ text: String) throws(SMTPPath.Malformation) -> SMTPPath {
        let path = try SMTPPath(text)
        guard !path.isASCII, !path.needsSMTPUTF8, let domain = try? DomainName.ascii(path.domain),
            let at = text.lastIndex(of: "@")
        else { return path }
        return try SMTPPath("\(text[..<at])@\(domain)")
    }

    private mutating func encode(_ message: [UInt8]) -> Undelivered? {
        messageBytes = message.count
        let headerEnd = Self.headerEnd(message)
        hasEightBitHeader = message[..<headerEnd].contains { $0 >= 0x80 }
        hasEightBitBody = message[headerEnd...].contains { $0 >= 0x80 }
        do throws(ContentViolation) {
            encodedContent = try DataEncoder.encode(message)
            return nil
        } catch {
            return .ours(554, .init(5, 6, 0), "the message cannot be sent: \(error)", .content)
        }
    }

    private static func headerEnd(_ message: [UInt8]) -> Int {
        var index = 0
        while index + 3 < message.count {
            if message[index] == 0x0D, message[index + 1] == 0x0A, message[index + 2] == 0x0D,
                message[index + 3] == 0x0A
            {
                return index + 2
            }
            index += 1
        }
        return message.count
    }

    /// The next recipients to ask for, at most `max` of them.
    func nextRecipients(max: Int) -> [Int] {
        Array(results.indices.lazy.filter { results[$0] == nil }.prefix(Swift.max(max, 1)))
    }

    func transaction(_ indexes: [Int]) -> SMTPTransaction {
        let recipients = indexes.compactMap { index in
            paths[index].map {
                SMTPTransaction.Recipient($0, parameters: attempt.recipients[index].parameters)
            }
        }
        return SMTPTransaction(
            sender: sender, recipients: recipients, encodedContent: encodedContent,
            messageBytes: messageBytes,
            hasEightBitBody: hasEightBitBody, hasEightBitHeader: hasEightBitHeader,
            envelope: attempt.envelope,
            beforeContent: attempt.beforeContent)
    }

    /// Notes what a transaction brought. What was one too many stays open for the next one.
    mutating func settle(_ indexes: [Int], _ all: [TransactionResult], _ host: RemoteHost) {
        let told = all.filter { if case .refused(_, let stage) = $0 { stage != .recipient } else { true } }
            .count
        for (index, result) in zip(indexes, all) {
            switch result {
            case .accepted(let reply):
                results[index] = .delivered(
                    Delivered(host: host, reply: reply.kept, queueID: RemoteQueueID.read(from: reply)))
            case .refused(let reply, let stage):
                let isAboutThisOne = stage == .recipient || told == 1
                results[index] = Self.outcome(
                    .said(reply, stage, host: host, isAboutOneRecipient: isAboutThisOne))
            case .failed(let failure): results[index] = Self.outcome(.failed(failure, host: host))
            case .oneTooMany: break
            }
        }
    }

    /// The same outcome for every recipient that has none.
    mutating func settleRest(_ undelivered: Undelivered) {
        for index in results.indices where results[index] == nil {
            results[index] = Self.outcome(undelivered)
        }
    }

    mutating func close(_ undelivered: Undelivered) -> [RecipientOutcome] {
        settleRest(undelivered)
        return outcomes
    }

    private static func outcome(_ undelivered: Undelivered) -> Outcome {
        undelivered.classification.action.isFinal ? .bounced(undelivered) : .deferred(undelivered)
    }
}

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
