import FoundationEssentials

/// The fields of an event as it is stored and sent. A number is never given a second meaning.
extension Event {
    /// The event as a Protocol Buffers message.
    package func write(to writer: inout ProtobufWriter) {
        writer.put(1, kind.number)
        writer.put(2, message)
        writer.put(3, tenant)
        writer.put(4, at)
        writer.put(5, node)
        writer.put(6, recipient)
        writer.put(7, attempt)
        if let response {
            writer.put(8) { writer in
                writer.put(1, response.code)
                writer.put(2, response.enhancedCode)
                writer.put(3, response.text)
            }
        }
        if let classification {
            writer.put(9) { writer in
                writer.put(1, classification.category)
                writer.put(2, classification.action)
                writer.put(3, classification.rule)
                writer.put(4, classification.ruleSet)
            }
        }
        writer.put(10, remoteHost)
        writer.put(11, remoteID)
        writer.put(12, durationMilliseconds)
        writer.put(13, nextAttemptAt)
        if let content { writer.put(14) { content.write(to: &$0) } }
        if let webhook {
            writer.put(15) { writer in
                writer.put(1, webhook.id)
                writer.put(2, webhook.url)
                writer.put(3, webhook.event)
                if webhook.isGone { writer.put(4, true) }
            }
        }
        if isLate { writer.put(16, isLate) }
        if let reader {
            writer.put(17) { writer in
                writer.put(1, reader.userAgent)
                writer.put(2, reader.network)
                writer.put(3, reader.url)
                writer.put(4, reader.machineReason)
            }
        }
        if isTest { writer.put(18, isTest) }
    }

    /// Nil when the bytes are no event, or one of a kind that this version does not know.
    package init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var kind: EventKind?
        var message: MessageID?
        var tenant: TenantID?
        var event = Event(
            .accepted, message: MessageID(high: 0, low: 0), tenant: .unknown, at: 0, node: 0)
        while let field = reader.next() {
            switch field.number {
            case 1: kind = EventKind(number: field.integer())
            case 2: message = field.messageID
            case 3: tenant = field.tenantID
            case 4: event.at = field.integer()
            case 5: event.node = field.integer()
            case 6: event.recipient = field.text
            case 7: event.attempt = field.integer()
            case 8: event.response = Response(protobuf: field.bytes)
            case 9: event.classification = Classification(protobuf: field.bytes)
            case 10: event.remoteHost = field.text
            case 11: event.remoteID = field.text
            case 12: event.durationMilliseconds = field.integer()
            case 13: event.nextAttemptAt = field.integer()
            case 14: event.accepted = Accepted(protobuf: field.bytes)
            case 15: event.webhook = Webhook(protobuf: field.bytes)
            case 16: event.isLate = field.isTrue
            case 17: event.reader = Reader(protobuf: field.bytes)
            case 18: event.isTest = field.isTrue
            default: break
            }
        }
        guard reader.isWhole, let kind, let message, let tenant else { return nil }
        event.kind = kind
        event.message = message
        event.tenant = tenant
        self = event
    }
}

extension Event.Accepted {
    package func write(to writer: inout ProtobufWriter) {
        writer.put(1) { writer in
            writer.put(1, origin.kind.rawValue)
            writer.put(2, origin.id)
            writer.put(3, origin.door)
        }
        writer.put(2, from)
        writer.put(3, envelopeSender)
        writer.put(4, repeated: recipients)
        writer.put(5, subject)
        writer.put(6, messageIDHeader)
        writer.put(7, bodyBytes)
        writer.put(8, hasAttachments)
        writer.put(9, repeated: tags)
        for (key, value) in metadata {
            writer.put(10) { writer in
                writer.put(1, key)
                writer.put(2, value)
            }
        }
        writer.put(11, isTest)
        writer.put(12, scheduledAt)
        writer.put(13, repeated: cc)
        writer.put(14, repeated: bcc)
        if tracksOpens { writer.put(15, true) }
        if tracksClicks { writer.put(16, true) }
        if let templateID { writer.put(17, templateID) }
        if let resentFrom { writer.put(18, resentFrom) }
        if offersUnsubscribe { writer.put(19, true) }
    }

    /// Nil when the bytes are something else.
    package init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var origin: Event.Origin?
        var log = Event.Accepted(
            origin: Event.Origin(kind: .apiKey, id: "", door: ""), from: "", envelopeSender: "",
            recipients: [], subject: "", messageIDHeader: "", bodyBytes: 0, hasAttachments: false, tags: [],
            metadata: [:], isTest: false, scheduledAt: nil)
        while let field = reader.next() {
            switch field.number {
            case 1: origin = Event.Origin(protobuf: field.bytes)
            case 2: log.from = field.text
            case 3: log.envelopeSender = field.text
            case 4: log.recipients.append(field.text)
            case 5: log.subject = field.text
            case 6: log.messageIDHeader = field.text
            case 7: log.bodyBytes = field.integer()
            case 8: log.hasAttachments = field.isTrue
            case 9: log.tags.append(field.text)
            case 10: if let pair = TextFields(field.bytes) { log.metadata[pair[1]] = pair[2] }
            case 11: log.isTest = field.isTrue
            case 12: log.scheduledAt = field.integer()
            case 13: log.cc.append(field.text)
            case 14: log.bcc.append(field.text)
            case 15: log.tracksOpens = field.isTrue
            case 16: log.tracksClicks = field.isTrue
            case 17: log.templateID = field.uuid
            case 18: log.resentFrom = field.messageID
            case 19: log.offersUnsubscribe = field.isTrue
            default: break
            }
        }
        guard reader.isWhole, let origin else { return nil }
        log.origin = origin
        self = log
    }
}

extension Event.Origin {
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        guard let texts = TextFields(bytes), let kind = Kind(rawValue: texts[1]) else { return nil }
        self.init(kind: kind, id: texts[2], door: texts[3])
    }
}

extension Event.Classification {
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        guard let texts = TextFields(bytes) else { return nil }
        let ruleSet = texts[4]
        self.init(
            category: texts[1], action: texts[2], rule: texts[3], ruleSet: ruleSet.isEmpty ? nil : ruleSet)
    }
}

extension Event.Reader {
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        guard let texts = TextFields(bytes) else { return nil }
        self.init(
            userAgent: texts[1], network: texts.present(2), url: texts.present(3),
            machineReason: texts.present(4))
    }
}

extension Event.Response {
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        self.init(code: 0, text: "")
        while let field = reader.next() {
            switch field.number {
            case 1: code = field.integer()
            case 2: enhancedCode = field.text
            case 3: text = field.text
            default: break
            }
        }
        if !reader.isWhole { return nil }
    }
}

extension Event.Webhook {
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var id: UUID?
        var (url, event) = ("", "")
        var isGone = false
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.uuid
            case 2: url = field.text
            case 3: event = field.text
            case 4: isGone = field.isTrue
            default: break
            }
        }
        guard reader.isWhole, let id else { return nil }
        self.init(id: id, url: url, event: event, isGone: isGone)
    }
}

/// The fields of a message that has only texts; one that is absent is empty.
private struct TextFields {
    private var texts: [Int: String] = [:]

    init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        while let field = reader.next() { texts[field.number] = field.text }
        if !reader.isWhole { return nil }
    }

    subscript(_ field: Int) -> String { texts[field] ?? "" }

    /// Nil when it is empty as well.
    func present(_ field: Int) -> String? { texts[field].flatMap { $0.isEmpty ? nil : $0 } }
}

extension EventKind {
    fileprivate var number: Int {
        switch self {
        case .accepted: 1
        case .attempted: 2
        case .delivered: 3
        case .deferred: 4
        case .bounced: 5
        case .expired: 6
        case .failed: 7
        case .cancelled: 8
        case .suppressed: 9
        case .complained: 10
        case .opened: 11
        case .clicked: 12
        case .unsubscribed: 13
        case .webhookAttempted: 14
        case .rescheduled: 15
        }
    }

    private static let byNumber = Dictionary(uniqueKeysWithValues: allCases.map { ($0.number, $0) })

    fileprivate init?(number: Int) {
        guard let kind = Self.byNumber[number] else { return nil }
        self = kind
    }
}
