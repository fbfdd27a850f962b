/// Carries one webhook attempt to its endpoint: `WebhookTransport` over the network, a simulation over none.
///
/// Loop bound. It never throws: whatever goes wrong is in the report.
package protocol WebhookCarrier: AnyObject {
    func deliver(_ attempt: WebhookAttempt) async -> WebhookReport
}

extension WebhookTransport: WebhookCarrier {}
