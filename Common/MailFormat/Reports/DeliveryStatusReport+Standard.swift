extension DeliveryStatusReport {
    private static let types = ["message/delivery-status", "message/global-delivery-status"]

    /// Reads the part of fields of a report by RFC 3464; nil when there is none that says anything. What the
    /// fields leave out is taken from the text beside them.
    init?(standard message: ParsedMessage) {
        guard let part = message.parts.firstIndex(where: { Self.types.contains($0.contentType.value) })
        else { return nil }
        self.init(
            fields: ReportFields(message.body(of: part)), original: ReportedMessage(in: message),
            isStandard: true)
        guard recipients.contains(where: { $0.addresses.isEmpty || $0.code == nil }) else { return }
        complete(from: FreeFormBounce.recipients(message))
    }

    private mutating func complete(from words: [Recipient]) {
        for index in recipients.indices {
            let isOnlyOne = recipients.count == 1 && words.count == 1
            let addresses = recipients[index].addresses
            guard
                let match = words.first(where: { !addresses.isEmpty && $0.addresses == addresses })
                    ?? (isOnlyOne ? words.first : nil)
            else { continue }
            if addresses.isEmpty { recipients[index].addresses = match.addresses }
            let isSilent = recipients[index].diagnostic.isEmpty
            guard recipients[index].code == nil, match.code != nil || isSilent else { continue }
            recipients[index].code = match.code
            recipients[index].diagnostic = match.diagnostic
            recipients[index].status = match.status ?? recipients[index].status
        }
    }

    /// Blank lines stand where they should not and are missing where they should stand, so a new recipient
    /// begins too where the one before has what the next line brings.
    init?(fields: ReportFields, original: ReportedMessage, isStandard: Bool) {
        var builder = RecipientBuilder()
        for block in fields.blocks {
            builder.endBlock()
            for field in block { builder.take(field) }
        }
        builder.close()
        guard !builder.recipients.isEmpty else { return nil }
        recipients = builder.recipients
        reportingHost = fields.first("reporting-mta").map(ReportFields.hostName)
        arrivalDate = fields.first("arrival-date")
        envelopeID = fields.first("original-envelope-id")
        self.original = original
        self.isStandard = isStandard
    }
}

/// Gathers the fields of one recipient after the other.
private struct RecipientBuilder {
    private(set) var recipients: [DeliveryStatusReport.Recipient] = []
    private var fields: [String: String] = [:]
    private var isBehindBlankLine = false
    private static let addressFields = ["original-recipient", "final-recipient"]
    private static let names: Set<String> = [
        "original-recipient", "final-recipient", "action", "status", "diagnostic-code", "remote-mta",
        "x-actual-recipient",
    ]

    mutating func take(_ field: ReportFields.Field) {
        guard Self.names.contains(field.name) else { return }
        let isAddress = Self.addressFields.contains(field.name)
        let isRepeated = fields[field.name] != nil
        if isAddress && (isRepeated || isBehindBlankLine && isComplete) { close() }
        if isRepeated, isBehindBlankLine, isComplete { close() }
        isBehindBlankLine = false
        if fields[field.name] == nil { fields[field.name] = field.value }
    }

    /// A blank line ends a recipient who is complete, unless what follows belongs to him too.
    mutating func endBlock() { isBehindBlankLine = true }

    private var isComplete: Bool {
        Self.addressFields.contains { fields[$0] != nil }
            && (fields["action"] != nil || fields["status"] != nil)
    }

    mutating func close() {
        defer { fields = [:] }
        guard recipients.count < DeliveryStatusReport.maxRecipients, !fields.isEmpty else { return }
        guard let action = action() else { return }
        var status = fields["status"].flatMap { Self.status($0) }
        let isTrouble = action == .failed || action == .delayed
        if let given = status, given.hasPrefix("2") == isTrouble { status = nil }
        var addresses: [String] = []
        for name in Self.addressFields {
            if let address = fields[name].flatMap({ ReportAddress.parse($0) }), !addresses.contains(address) {
                addresses.append(address)
            }
        }
        let diagnostic = fields["diagnostic-code"].map(ReportFields.words) ?? ""
        recipients.append(
            DeliveryStatusReport.Recipient(
                addresses: addresses, action: action,
                // What the host itself answered says more than how the reporter sums it up.
                status: ReplyCodes(diagnostic).status ?? status, diagnostic: diagnostic,
                remoteHost: fields["remote-mta"].map(ReportFields.hostName)))
    }

    /// Words of their own that some hosts have.
    private static let otherWords: [String: DeliveryStatusReport.Action] = [
        "deliverable": .delivered, "undeliverable": .failed, "expired": .failed, "bounced": .failed,
        "warning": .delayed,
    ]

    /// Without a word for it the class of the status says whether it failed.
    private func action() -> DeliveryStatusReport.Action? {
        if let given = fields["action"] {
            let word = String(given.lowercased().prefix { $0 >= "a" && $0 <= "z" })
            if let action = DeliveryStatusReport.Action(rawValue: word) ?? Self.otherWords[word] {
                return action
            }
        }
        switch fields["status"]?.first {
        case "5": return .failed
        case "4": return .delayed
        case "2": return .delivered
        default: return nil
        }
    }

    private static func status(_ value: String) -> String? {
        let word = value.prefix { $0.isNumber || $0 == "." }
        return ReplyCodes.enhancedStatus(String(word), classes: ["2", "4", "5"])
    }
}
