import Admission
import Doors
import EventLoop
import HTTP
import HTTPClient
import NodeProtocol
import Relay
import Service

/// The listeners of a node, made from its settings: HTTP, HTTPS, SMTP, SMTPS, inbound mail, control, health.
struct NodeDoors {
    let servers: [HTTPServer]
    let smtp: [SMTPServer]
    let addresses: [String: LogValue]

    init(_ parts: NodeParts, settings: NodeSettings, log: Log) throws {
        let files = NodeFiles(directory: settings.directory)
        let certificate = try Self.certificate(settings, files)
        var addresses: [String: LogValue] = [:]
        var servers: [HTTPServer] = []
        func listen(_ name: String, _ text: String?, _ router: Router, tls: Bool = false) throws {
            guard let text else { return }
            var configuration = HTTPServerConfiguration(address: try Self.address(text))
            configuration.maxConnections = settings.httpMaxConnections
            if tls, let certificate {
                configuration.tls = .init(
                    certificateChainPEM: certificate.chainPEM, privateKeyPEM: certificate.keyPEM)
            }
            let server = try HTTPServer(configuration, router: router)
            servers.append(server)
            addresses[name] = .describing(server.address)
        }
        let idempotency = parts.idempotency
        let doors = try Self.doorRouter(parts, settings, idempotency, log)
        try listen("http", settings.httpAddress, doors)
        try listen("https", settings.httpsAddress, doors, tls: true)
        let control = ControlServer(
            identity: parts.identity, intake: parts.intake, dispatcher: parts.dispatcher,
            notices: NoticeWebhooks(
                node: parts.identity.node, holder: parts.holder, spool: parts.spool,
                dispatcher: parts.dispatcher, clock: parts.clock, log: log.named("notices")),
            holder: parts.holder, road: parts.road, idempotency: idempotency,
            reports: parts.reports, clock: parts.clock,
            status: { await parts.status() })
        try listen("control", settings.controlAddress, control.router())
        let health = HealthServer(
            metrics: parts.metrics, measure: { await parts.measure() }, health: { await parts.health() },
            tlsReport: { parts.mailTLS.report(day: $0, domain: $1) })
        try listen("metrics", settings.metricsAddress, health.router())
        var smtp: [SMTPServer] = []
        for (name, text, isImplicit) in [
            ("smtp", settings.smtpAddress, false), ("smtps", settings.smtpsAddress, true),
        ] {
            guard let text else { continue }
            var configuration = SMTPServerConfiguration(address: try Self.address(text))
            configuration.certificate = certificate
            configuration.isImplicitTLS = isImplicit
            configuration.maxConnections = settings.smtpMaxConnections
            configuration.trustedNetworks = try Self.networks(
                settings.trustedNetworks, of: "DISPATCH_TRUSTED_NETWORKS")
            configuration.trustedTenant = settings.trustedTenant.flatMap { TenantID(text: $0) }
            let server = try SMTPServer(
                configuration, intake: parts.road, idempotency: idempotency, log: log.named("smtp"))
            smtp.append(server)
            addresses[name] = .describing(server.address)
        }
        let inbound = try Self.inbound(parts, settings, certificate, log)
        smtp.append(inbound)
        addresses["inbound"] = .describing(inbound.address)
        self.servers = servers
        self.smtp = smtp
        self.addresses = addresses
    }

    func start(on loops: [EventLoop]) throws {
        for server in servers { try server.start(on: loops) }
        for server in smtp { try server.start(on: loops) }
    }

    /// What a report is at most about: one message, and whoever else its reporter thinks concerned.
    private static let maxInboundRecipients = 10
    private static let maxInboundConnections = 500
    private static let maxInboundConnectionsPerClient = 50

    private static func inbound(
        _ parts: NodeParts, _ settings: NodeSettings, _ certificate: (chainPEM: [UInt8], keyPEM: [UInt8])?,
        _ log: Log
    ) throws -> SMTPServer {
        var configuration = SMTPServerConfiguration(address: try address(settings.inboundAddress))
        configuration.certificate = certificate
        configuration.maxConnections = maxInboundConnections
        configuration.maxConnectionsPerClient = maxInboundConnectionsPerClient
        configuration.maxRecipients = maxInboundRecipients
        configuration.maxMessageBytes = settings.inboundMaxMessageBytes
        var limits = InboundLimits()
        limits.maxMessagesPerMinute = settings.inboundMaxPerMinute
        return try SMTPServer(
            configuration, inbound: parts.inbound, limits: limits, log: log.named("inbound"))
    }

    /// What a customer's settings and lists are at most.
    private static let maxRelayedBodyBytes = 10 * 1024 * 1024

    private static func doorRouter(
        _ parts: NodeParts, _ settings: NodeSettings, _ idempotency: IdempotencyKeys, _ log: Log
    ) throws -> Router {
        let metrics = parts.metrics
        let relay = PlaneRelay(maxBodyBytes: maxRelayedBodyBytes) {
            metrics.relayed($0.map(String.init) ?? "unreachable").increment()
        }
        let link = parts.link
        var limits = LinkLimits()
        limits.maxVisitsPerMinute = settings.trackingMaxPerMinute
        var router = DoorRouter.make(
            intake: parts.road, idempotency: idempotency,
            openHours: { await link.openHours(of: $1, tenant: $0) }, links: (parts.links, limits)
        ) { request, isKnown in try await link.relay(request, by: relay, isKnown: isKnown) }
        let gate = RelayGate(
            signingKeys: parts.identity.signingKeys, holder: parts.holder, clock: parts.clock)
        let proxies = TrustedProxies(
            try networks(settings.trustedProxies, of: "DISPATCH_TRUSTED_PROXIES"))
        router.gate = { request in
            proxies.pass(request)
            try gate.pass(request)
        }
        router.reportInternalError = { error, pattern, id in
            log.error(
                "request failed",
                ["route": .string(pattern ?? "-"), "request_id": .string(id), "error": .error(error)])
        }
        return router
    }

    private static func certificate(
        _ settings: NodeSettings, _ files: NodeFiles
    ) throws -> (chainPEM: [UInt8], keyPEM: [UInt8])? {
        guard let certificateFile = settings.certificateFile, let keyFile = settings.keyFile else {
            return nil
        }
        guard let chain = try files.read(certificateFile), let key = try files.read(keyFile) else {
            throw NodeService.Failure(description: "\(certificateFile) or \(keyFile) does not exist")
        }
        return (chain, key)
    }

    private static func address(_ text: String) throws -> SocketAddress {
        guard let address = SocketAddress(text) else {
            throw NodeService.Failure(description: "\(text) is not an address with a port")
        }
        return address
    }

    private static func networks(_ texts: [String], of setting: String) throws -> [IPNetwork] {
        try texts.map { text in
            guard let network = IPNetwork(text) else {
                throw NodeService.Failure(description: "\(setting): \(text) is not a network")
            }
            return network
        }
    }
}
