import HTTP

/// The resources of the Messages API besides messages: webhooks, templates, domains, suppressions, analytics.
/// Each is what the tenants' API has, in the shapes of this dialect; the tenant is that of the key.
package struct MessagesResources: Sendable {
    private let context: ControlContext
    private let authenticator: Authenticator
    private let domains: Domains

    /// - Parameter domains: those of the tenants' API, with which requests for keys are counted together.
    package init(_ context: ControlContext, _ authenticator: Authenticator, _ domains: Domains) {
        self.context = context
        self.authenticator = authenticator
        self.domains = domains
    }

    package func add(to router: inout Router) {
        MessagesWebhooks(context: context, authenticator: authenticator).add(to: &router)
        MessagesTemplates(context: context, authenticator: authenticator).add(to: &router)
        MessagesDomains(domains: domains, authenticator: authenticator).add(to: &router)
        MessagesSuppressions(context: context, authenticator: authenticator).add(to: &router)
        AnalyticsRoutes(context: context, authenticator: authenticator).add(to: &router)
    }
}
