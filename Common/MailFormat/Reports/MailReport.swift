/// What a message that came back to the return path is. Pure and total: any bytes have an answer.
///
/// It promises nothing about truth: whoever knows the address can write such a message, so what it says
/// counts only together with a proof of the address (`ReturnPath`) and for recipients that the message really
/// had.
/// Every part of it is bounded: parts and depth by `MIMEParser`, fields by `ReportFields`, text by
/// `FreeFormBounce`, recipients by `DeliveryStatusReport.maxRecipients`.
package enum MailReport: Sendable {
    case deliveryStatus(DeliveryStatusReport)
    case feedback(FeedbackReport)
    case autoReply(AutoReply)
    /// None of these: a person's answer, mail that was sent on, spam.
    case other

    /// What was written for machines is believed first. A bounce in words comes before the marks of automatic
    /// answers, because most bounces carry these too.
    package init(_ message: [UInt8]) {
        let parsed = MIMEParser.parse(message)
        if let report = FeedbackReport(parsed) {
            self = .feedback(report)
        } else if AutoReply.isReceipt(parsed) {
            self = .autoReply(.receipt)
        } else if let report = DeliveryStatusReport(standard: parsed) {
            self = .deliveryStatus(report)
        } else if let report = FreeFormBounce.read(parsed) {
            self = .deliveryStatus(report)
        } else if let reply = AutoReply(parsed) {
            self = .autoReply(reply)
        } else {
            self = .other
        }
    }
}
