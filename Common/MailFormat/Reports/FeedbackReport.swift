/// A report of a feedback loop: somebody said what he thinks of a message (ARF, RFC 5965).
package struct FeedbackReport: Hashable, Sendable {
    /// RFC 5965 §7.3, RFC 6430, RFC 6591.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case abuse, fraud, virus, other
        case optOut = "opt-out"
        case notSpam = "not-spam"
        case authenticationFailure = "auth-failure"

        /// Whether the reader wants no more of it: not so when he took it out of the junk folder, or when a
        /// host tells of signatures.
        package var isComplaint: Bool {
            switch self {
            case .abuse, .fraud, .virus, .other, .optOut: true
            case .notSpam, .authenticationFailure: false
            }
        }
    }

    package let kind: Kind
    /// Who complained, where it is told: providers often leave it out or redact it.
    package let recipients: [String]
    /// The return path of the message complained of.
    package let originalMailFrom: String?
    /// As written.
    package let arrivalDate: String?
    package let sourceIP: String?
    package let userAgent: String?
    package let reportingHost: String?
    package let original: ReportedMessage

    init?(_ message: ParsedMessage) {
        let part = message.parts.firstIndex { $0.contentType.value == "message/feedback-report" }
        if let part {
            self.init(fields: ReportFields(message.body(of: part)), ReportedMessage(in: message))
        } else if Self.isForwardedComplaint(message) {
            self.init(fields: ReportFields([]), ReportedMessage(in: message))
        } else {
            return nil
        }
    }

    private init(fields: ReportFields, _ original: ReportedMessage) {
        let word = fields.first("feedback-type")?.lowercased().prefix { $0 != " " && $0 != ";" }
        kind = word.map { Kind(rawValue: String($0)) ?? .other } ?? .abuse
        let named = ["original-rcpt-to", "removal-recipient", "original-recipient", "x-original-rcpt-to"]
            .flatMap { fields.all($0) }.compactMap { ReportAddress.parse($0) }
        recipients = Array(named.prefix(DeliveryStatusReport.maxRecipients))
        originalMailFrom = fields.first("original-mail-from").flatMap { ReportAddress.parse($0) }
        arrivalDate = fields.first("arrival-date") ?? fields.first("received-date")
        sourceIP = fields.first("source-ip")
        userAgent = fields.first("user-agent")
        reportingHost = fields.first("reporting-mta").map(ReportFields.hostName)
        self.original = original
    }

    /// The junk mail programme of Outlook.com sends the message itself, without fields.
    private static func isForwardedComplaint(_ message: ParsedMessage) -> Bool {
        guard let subject = message.header("Subject"),
            subject.hasPrefixIgnoringCase("complaint about message from ")
        else { return false }
        return message.parts.contains { $0.contentType.value == "message/rfc822" }
    }
}
