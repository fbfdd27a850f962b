/// The header of the message that a report is about, as far as the report brought it back.
package struct ReportedMessage: Hashable, Sendable {
    /// The value of Message-ID.
    package let messageID: String?
    /// The value of X-Dispatch-ID: which of our messages it was.
    package let dispatchID: String?
    /// Without angle brackets.
    package let returnPath: String?
    /// To and Cc, and what providers of feedback put beside them; at most
    /// `DeliveryStatusReport.maxRecipients`.
    package let recipients: [String]
    /// Whether the header is of a message with the null return path: that is, a report itself.
    package let hasNullReturnPath: Bool

    static let none = ReportedMessage([])

    private static let types = [
        "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers",
        "text/rfc822-header", "message/rfc822-headers",
    ]
    private static let recipientFields = [
        "X-HmXmrOriginalRecipient", "Delivered-To", "X-Original-To", "To", "Cc",
    ]

    /// The first part that holds a message or its header.
    init(in message: ParsedMessage) {
        let part = message.parts.firstIndex { Self.types.contains($0.contentType.value) }
        self.init(part.map { message.body(of: $0) } ?? [])
    }

    /// - Parameter bytes: a message or its header, maybe cut.
    init(_ bytes: [UInt8]) {
        let scanner = HeaderScanner(bytes[...])
        func values(_ name: String) -> [String] {
            scanner.fields.filter { $0.isNamed(name) }.map {
                String(decoding: HeaderScanner.unfold(bytes[$0.valueRange]), as: UTF8.self)
            }
        }
        messageID = values("Message-ID").first
        dispatchID = values("X-Dispatch-ID").first
        let path = values("Return-Path").first
        returnPath = path.flatMap { ReportAddress.parse($0) }
        hasNullReturnPath = path == "<>"
        var found: [String] = []
        for name in Self.recipientFields {
            for value in values(name) {
                for address in ReportAddress.list(value)
                where found.count < DeliveryStatusReport.maxRecipients && !found.contains(address) {
                    found.append(address)
                }
            }
        }
        recipients = found
    }
}
