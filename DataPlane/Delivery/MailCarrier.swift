/// Carries one mail attempt to its hosts: `MailDelivery` over the network, a simulation over none.
///
/// Loop bound. It answers one outcome for each recipient, in their order, and never throws.
package protocol MailCarrier: AnyObject {
    func deliver(_ attempt: consuming DeliveryAttempt) async -> [RecipientOutcome]

    /// Closes what is idle; for the end of the process.
    func shutDown() async
}

extension MailDelivery: MailCarrier {}
