import HTTP
import NodeProtocol
import Relay
import Service

/// Every route of the control plane, listed once.
enum ControlRouter {
    static func make(
        _ context: ControlContext, keys: ClusterKeys, relay: SendRelay, nodes control: NodeControl,
        dnsAccounts: DNSAccounts, metrics: ControlMetrics
    ) throws -> Router {
        let authenticator = Authenticator(context)
        let nodes = NodeAuthenticator(context: context)
        var router = Router()
        router.add(.tenants)
        router.add(.ingest)
        router.add(.messages)
        router.add(.emails)
        router.add(.mailgun)
        Login(context, authenticator).add(to: &router)
        Users(context, authenticator).add(to: &router)
        Members(context, authenticator).add(to: &router)
        Tenants(context, authenticator).add(to: &router)
        Plans(context, authenticator).add(to: &router)
        APIKeys(context, authenticator).add(to: &router)
        Credentials(context, authenticator).add(to: &router)
        let domains = Domains(context, authenticator)
        domains.add(to: &router)
        DNSProviderRoutes(context, authenticator, dnsAccounts).add(to: &router)
        DNSSetupRoutes(context, authenticator, dnsAccounts).add(to: &router)
        Suppressions(context, authenticator).add(to: &router)
        SuppressionLists(context, authenticator).add(to: &router)
        Webhooks(context, authenticator).add(to: &router)
        TemplateRoutes(context, authenticator).add(to: &router)
        MasterTemplates(context, authenticator).add(to: &router)
        AuditRoutes(context, authenticator).add(to: &router)
        MessagesResources(context, authenticator, domains).add(to: &router)
        EmailRoutes(context, authenticator).add(to: &router)
        CapturedRoutes(context, authenticator).add(to: &router)
        QueueRoutes(context, authenticator).add(to: &router)
        UsageRoutes(context, authenticator).add(to: &router)
        EmailsAPI(
            context: context, authenticator: authenticator, relay: relay,
            scheduled: ScheduledMessages(nodes: control)
        ).add(to: &router)
        IngestStatusRoutes(context: context, authenticator: authenticator, relay: relay).add(to: &router)
        MessagesAPI(
            context: context, authenticator: authenticator, scheduled: ScheduledMessages(nodes: control)
        ).add(to: &router)
        AnalyzeRoute(context: context, authenticator: authenticator).add(to: &router)
        OpenHoursRoute(context: context, nodes: nodes).add(to: &router)
        NodeRoutes(context: context, authenticator: authenticator, keys: keys).add(to: &router)
        ShapingRoutes(context: context, authenticator: authenticator).add(to: &router)
        QueueControlRoutes(context: context, authenticator: authenticator, nodes: control).add(to: &router)
        SnapshotAdminRoutes(context: context, authenticator: authenticator).add(to: &router)
        TrackingKeyRoutes(context: context, authenticator: authenticator).add(to: &router)
        JoinRoutes(context: context, nodes: nodes, keys: keys).add(to: &router)
        PresenceRoute(context: context, nodes: nodes).add(to: &router)
        SnapshotRoutes(context: context, nodes: nodes).add(to: &router)
        ReportIntake(context: context, nodes: nodes, metrics: metrics).add(to: &router)
        relay.add(to: &router)
        let log = context.log
        router.reportInternalError = { error, pattern, requestID in
            log.error(
                "request failed",
                ["error": .error(error), "route": .string(pattern ?? ""), "request_id": .string(requestID)])
        }
        try Documents.add(to: &router)
        return router
    }
}
