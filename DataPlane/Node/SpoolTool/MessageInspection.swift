import NodeProtocol
import Spool

/// `mta-node spool inspect DIR MESSAGE-ID`: all that a spool still says of one message.
struct MessageInspection: Encodable {
    struct Step: Encodable {
        /// `accepted`, `started`, the kind of an event, `closed`, or `unknown`.
        let what: String
        var at: String?
        var recipient: String?
        var recipients: [String]?
        var attempt: Int?
        var response: String?
        var classification: String?
        var remote_host: String?
        var next_attempt_at: String?
        let segment: UInt32
        let offset: Int
        let group: UInt64
        /// A copy that compaction or an adoption made.
        let is_copy: Bool
    }

    struct Recipient: Encodable {
        let address: String
        let state: String
        let attempts: Int
        let next_attempt_at: String?
        let last_response: String?
    }

    let id: String
    let node: UInt16
    let is_open: Bool
    let tenant: String?
    let kind: String?
    let from: String?
    let envelope_sender: String?
    let subject: String?
    let accepted_at: String?
    let deadline: String?
    let body_bytes: Int?
    let recipients: [Recipient]
    let history: [Step]

    /// Nil when the spool says nothing of the message any more.
    init?(_ id: MessageID, _ found: SpoolHistory) {
        guard !found.records.isEmpty else { return nil }
        self.id = id.description
        node = id.node
        var message: OpenMessage?
        var steps: [Step] = []
        var isOpen = false
        var bodyBytes: Int?
        for record in found.records {
            switch record.content {
            case .entry(let header, let bytes):
                message = OpenMessage(id, header: header, updates: [])
                isOpen = true
                bodyBytes = bytes
                steps.append(Step("accepted", record, message))
            case .update(let payload):
                steps += Self.steps(payload, record, message)
                message?.apply(update: payload)
            case .closed:
                isOpen = false
                steps.append(Step("closed", record, nil))
            }
        }
        is_open = isOpen
        body_bytes = bodyBytes
        history = steps
        tenant = message?.entry.tenant.description
        recipients = message.map(Self.recipients) ?? []
        switch message?.entry {
        case .mail(let mail)?:
            kind = "mail"
            from = mail.log.from
            envelope_sender = mail.log.envelopeSender
            subject = mail.log.subject
            accepted_at = SpoolTime.text(mail.acceptedAt)
            deadline = SpoolTime.text(mail.deadline)
        case .webhook(let webhook)?:
            kind = "webhook"
            from = nil
            envelope_sender = nil
            subject = "\(webhook.event) of \(webhook.about)"
            accepted_at = SpoolTime.text(webhook.acceptedAt)
            deadline = SpoolTime.text(webhook.deadline)
        case nil:
            (kind, from, envelope_sender, subject, accepted_at, deadline) = (nil, nil, nil, nil, nil, nil)
        }
    }

    private static func recipients(_ message: OpenMessage) -> [Recipient] {
        message.recipients.enumerated().map { index, recipient in
            Recipient(
                address: message.name(index), state: recipient.state.spoolWord, attempts: recipient.attempts,
                next_attempt_at: recipient.nextAttemptAt.map(SpoolTime.text),
                last_response: recipient.lastEvent?.response.map(\.line))
        }
    }

    private static func steps(
        _ payload: [UInt8], _ record: SpoolHistory.Record, _ message: OpenMessage?
    ) -> [Step] {
        switch SpoolUpdate(decoding: payload) {
        case .started(let attempt, let recipients):
            var step = Step("started", record, nil)
            step.attempt = Int(attempt)
            step.recipients = recipients.map { message?.name(Int($0)) ?? "recipient \($0)" }
            return [step]
        case .events(let events): return events.map { Step($0, record) }
        case nil: return [Step("unknown", record, nil)]
        }
    }
}

extension MessageInspection.Step {
    fileprivate init(_ what: String, _ record: SpoolHistory.Record, _ message: OpenMessage?) {
        self.what = what
        segment = record.segment
        offset = record.offset
        group = record.sequence
        is_copy = record.isMoved
        guard case .mail(let mail)? = message?.entry else { return }
        at = SpoolTime.text(mail.acceptedAt)
        recipients = mail.log.recipients
    }

    fileprivate init(_ event: Event, _ record: SpoolHistory.Record) {
        self.init(event.kind.rawValue, record, nil)
        at = SpoolTime.text(event.at)
        recipient = event.recipient ?? event.webhook?.url
        attempt = event.attempt
        response = event.response?.line
        classification = event.classification.map { "\($0.category), \($0.action), rule \($0.rule)" }
        remote_host = event.remoteHost
        next_attempt_at = event.nextAttemptAt.map(SpoolTime.text)
    }
}

extension Event.Response {
    fileprivate var line: String {
        ["\(code)", enhancedCode, text].compactMap(\.self).joined(separator: " ")
    }
}

extension OpenMessage {
    /// A recipient's address, or an endpoint's URL.
    fileprivate func name(_ index: Int) -> String {
        switch entry {
        case .mail(let mail): mail.address(UInt16(clamping: index))
        case .webhook(let webhook): webhook.url
        }
    }
}

extension MessageInspection {
    /// For people.
    func text() -> String {
        var lines = ["\(id)  accepted by node \(node), \(is_open ? "open" : "closed")"]
        func line(_ name: String, _ value: String?) {
            guard let value else { return }
            lines.append(
                "  \(name)\(String(repeating: " ", count: 11 - name.count))"
                    + SpoolTool.printable(value))
        }
        line("kind", kind)
        line("tenant", tenant)
        line("from", from)
        line("envelope", envelope_sender)
        line("subject", subject)
        line("accepted", accepted_at)
        line("deadline", deadline)
        line("body", body_bytes.map { "\($0) bytes" })
        if !recipients.isEmpty { lines += ["", "Recipients"] }
        for recipient in recipients {
            var parts = ["\(recipient.address): \(recipient.state), \(recipient.attempts) attempts"]
            if let next = recipient.next_attempt_at { parts.append("next \(next)") }
            if let last = recipient.last_response { parts.append(last) }
            lines.append("  " + SpoolTool.printable(parts.joined(separator: "; ")))
        }
        lines += ["", "History"]
        for step in history { lines.append("  " + SpoolTool.printable(step.line)) }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension MessageInspection.Step {
    fileprivate var line: String {
        var parts = [what]
        if let attempt { parts.append("attempt \(attempt)") }
        if let who = recipient ?? recipients?.joined(separator: ", ") { parts.append(who) }
        if let remote_host { parts.append("host \(remote_host)") }
        if let response { parts.append(response) }
        if let classification { parts.append("(\(classification))") }
        if let next_attempt_at { parts.append("next \(next_attempt_at)") }
        let place = "segment \(segment) offset \(offset) group \(group)\(is_copy ? ", copy" : "")"
        return "\(at ?? String(repeating: " ", count: 24))  \(parts.joined(separator: "; "))  [\(place)]"
    }
}
