import Admission
import Delivery
import SMTPWire

extension EnvelopeOptions {
    /// What of a client's request concerns the message as a whole.
    init(_ request: EnvelopeRequest) {
        self.init()
        envelopeID = request.envelopeID
        returnedContent = request.returnedContent
        requiresTLS = request.requiresTLS
        ignoresTLSPolicy = request.ignoresTLSPolicy
    }
}

extension MailEntry {
    /// The recipient at this place with what was asked for it; nil when there is none.
    func recipient(_ index: Int) -> DeliveryAttempt.Recipient? {
        guard log.recipients.indices.contains(index) else { return nil }
        let asked = request?.recipients ?? []
        let parameters = asked.indices.contains(index) ? asked[index] : RecipientParameters()
        return DeliveryAttempt.Recipient(log.recipients[index], parameters: parameters)
    }
}
