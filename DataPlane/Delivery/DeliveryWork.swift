import MailFormat
import SMTPWire

/// The state of one attempt: what is still open, and what has come of the rest.
struct DeliveryWork {
    let attempt: DeliveryAttempt
    private var sender: SMTPPath?
    private var paths: [SMTPPath?] = []
    private var results: [Outcome?]
    /// How many of them are nil.
    private var openCount: Int
    /// Looked for once, when a first host has answered.
    private var use: EightBit.Use?
    /// The form of the message that was made last: hosts of one domain are mostly alike.
    private var message: PreparedMessage?

    init(_ attempt: consuming DeliveryAttempt) {
        openCount = attempt.recipients.count
        results = Array(repeating: nil, count: openCount)
        self.attempt = attempt
    }

    var isDone: Bool { openCount == 0 }

    /// In the order of the recipients; complete when the work is done or closed.
    var outcomes: [RecipientOutcome] {
        results.indices.map { index in
            RecipientOutcome(
                index: index,
                outcome: results[index] ?? .deferred(.ours(451, .init(4, 3, 0), "not attempted", .route)))
        }
    }

    /// Gives a recipient that has none yet its outcome.
    private mutating func settle(_ index: Int, _ outcome: Outcome) {
        if isOpen(index) { openCount -= 1 }
        results[index] = outcome
    }

    private func isOpen(_ index: Int) -> Bool {
        if case .none = results[index] { true } else { false }
    }

    /// Reads the addresses. Answers why nothing can be sent, if so.
    mutating func prepare() -> Undelivered? {
        do {
            sender = try attempt.sender.map { text throws(SMTPPath.Malformation) in try Self.path(text) }
        } catch {
            return .ours(553, .init(5, 1, 7), "the sender's address is malformed", .mail)
        }
        paths.reserveCapacity(attempt.recipients.count)
        for index in attempt.recipients.indices {
            do throws(SMTPPath.Malformation) {
                paths.append(try Self.path(attempt.recipients[index].address))
            } catch {
                paths.append(nil)
                settle(
                    index,
                    .bounced(.ours(553, .init(5, 1, 3), "the recipient's address is malformed", .route)))
            }
        }
        return isDone ? .ours(553, .init(5, 1, 3), "no recipient", .route) : nil
    }

    /// The domain in A-labels, so that only a local part asks for SMTPUTF8.
    private static func path(_ text: String) throws(SMTPPath.Malformation) -> SMTPPath {
        let path = try SMTPPath(text)
        guard !path.isASCII, !path.needsSMTPUTF8, let domain = try? DomainName.ascii(path.domain),
            let at = text.lastIndex(of: "@")
        else { return path }
        return try SMTPPath("\(text[..<at])@\(domain)")
    }

    /// Why this host is of no use for the message while another one of the domain may be (RFC 8689 §4.2.1).
    func obstacle(at session: SMTPSession) -> Undelivered? {
        guard attempt.requiresTLS else { return nil }
        let host = RemoteHost(session.candidate, tls: session.tls)
        guard session.tls?.peerVerified == true else {
            return .unable(
                550, .init(5, 7, 30), "the certificate of \(host.name) is not verified, as REQUIRETLS asks",
                host)
        }
        guard session.extensions.requireTLS else {
            return .unable(550, .init(5, 7, 30), "\(host.name) does not offer REQUIRETLS", host)
        }
        return nil
    }

    /// Makes the message as this host takes it, and settles the recipients for whom it cannot be sent there.
    /// Answers the content, or nil when there is nobody left to send it to.
    mutating func content(for session: SMTPSession) async -> SMTPContent? {
        let host = RemoteHost(session.candidate, tls: session.tls)
        settleUnicodeAddresses(session.extensions, host)
        if isDone { return nil }
        do throws(Undelivered) {
            let use = use ?? EightBit.Use(of: attempt.content)
            self.use = use
            let form = PreparedMessage.Form(of: use, for: session.extensions)
            if message?.form != form {
                message = try await PreparedMessage(attempt.content, sign: attempt.sign, form, host)
            }
            guard let content = message?.content else { return nil }
            if let most = session.extensions.maxMessageBytes, content.messageBytes > most {
                throw .unable(
                    552, .init(5, 3, 4),
                    "the message has \(content.messageBytes) bytes, \(host.name) takes \(most)", host)
            }
            return content
        } catch {
            settleRest(error)
            return nil
        }
    }

    /// RFC 6531 §3.1: an address whose local part is not ASCII has no other form.
    private mutating func settleUnicodeAddresses(_ extensions: SMTPExtensions, _ host: RemoteHost) {
        guard !extensions.smtpUTF8 else { return }
        func refused(_ path: SMTPPath) -> Undelivered {
            .unable(
                553, .init(5, 6, 7), "\(host.name) does not support SMTPUTF8, which \(path) needs", host)
        }
        if let sender, !sender.isASCII { return settleRest(refused(sender)) }
        for (index, path) in paths.enumerated() where isOpen(index) {
            if let path, !path.isASCII { settle(index, .bounced(refused(path))) }
        }
    }

    /// The next recipients to ask for, at most `max` of them.
    func nextRecipients(max: Int) -> [Int] {
        let most = Swift.max(max, 1)
        var next: [Int] = []
        next.reserveCapacity(min(openCount, most))
        for index in results.indices where next.count < most && isOpen(index) { next.append(index) }
        return next
    }

    func transaction(_ indexes: [Int], _ content: SMTPContent) -> SMTPTransaction {
        let recipients = indexes.compactMap { index in
            paths[index].map {
                SMTPTransaction.Recipient($0, parameters: parameters(of: attempt.recipients[index]))
            }
        }
        return SMTPTransaction(
            sender: sender, recipients: recipients, content: content, envelope: attempt.envelope,
            beforeContent: attempt.beforeContent)
    }

    /// RFC 3461 §5.2.1: passed on as given, and who asked for reports is to know the address in them again.
    private func parameters(of recipient: DeliveryAttempt.Recipient) -> RecipientParameters {
        var parameters = recipient.parameters
        if parameters.notify != nil || attempt.envelope.envelopeID != nil, parameters.originalRecipient == nil
        {
            parameters.originalRecipient = OriginalRecipient(recipient: recipient.address)
        }
        return parameters
    }

    /// Notes what a transaction brought. What was one too many stays open for the next one.
    mutating func settle(_ indexes: [Int], _ all: [TransactionResult], _ host: RemoteHost) {
        let told = all.filter { if case .refused(_, let stage) = $0 { stage != .recipient } else { true } }
            .count
        for (index, result) in zip(indexes, all) {
            switch result {
            case .accepted(let reply):
                settle(
                    index,
                    .delivered(
                        Delivered(host: host, reply: reply.kept, queueID: RemoteQueueID.read(from: reply))))
            case .refused(let reply, let stage):
                let isAboutThisOne = stage == .recipient || told == 1
                settle(
                    index,
                    Self.outcome(.said(reply, stage, host: host, isAboutOneRecipient: isAboutThisOne)))
            case .failed(let failure): settle(index, Self.outcome(.failed(failure, host: host)))
            case .oneTooMany: break
            }
        }
    }

    /// The same outcome for every recipient that has none.
    mutating func settleRest(_ undelivered: Undelivered) {
        for index in results.indices where isOpen(index) { settle(index, Self.outcome(undelivered)) }
    }

    mutating func close(_ undelivered: Undelivered) -> [RecipientOutcome] {
        settleRest(undelivered)
        return outcomes
    }

    private static func outcome(_ undelivered: Undelivered) -> Outcome {
        undelivered.classification.action.isFinal ? .bounced(undelivered) : .deferred(undelivered)
    }
}
