import EventLoop
import Service

/// Every setting of a node, read and checked once at start.
package struct NodeSettings: Sendable {
    package let service: ServiceSettings
    package let directory: String
    package let controlPlaneURLs: [String]
    package let hostName: String
    package let loops: Int
    package let httpAddress: String
    package let httpsAddress: String?
    package let smtpAddress: String
    /// None where there is no certificate.
    package let smtpsAddress: String?
    package let inboundAddress: String
    package let inboundMaxMessageBytes: Int
    package let inboundMaxPerMinute: Int
    package let trackingMaxPerMinute: Int
    package let controlAddress: String
    package let metricsAddress: String
    package let advertisedControlURL: String?
    package let advertisedHTTPURL: String?
    package let certificateFile: String?
    package let keyFile: String?
    package let nameServers: [String]
    let dnssec: MailTLS.DNSSECTrust
    let followsDANE: Bool
    let followsMTASTS: Bool
    package let routes: String?
    package let routeConnections: Int
    package let egressAllowedCIDRs: [String]
    package let mxPort: Int
    package let usesIPv6: Bool
    package let trustedNetworks: [String]
    package let trustedTenant: String?
    package let trustedProxies: [String]
    package let minFreePercent: Int
    package let minFreeInodesPercent: Int
    package let spoolSegmentBytes: Int
    package let holdsDelivery: Bool
    package let webhookRootsFile: String?
    package let smtpMaxConnections: Int
    package let httpMaxConnections: Int
    package let delayNoticeTime: Duration

    private static let defaultSMTPSAddress = "0.0.0.0:2465"

    package init(reading reader: inout SettingsReader) {
        service = ServiceSettings(reading: &reader)
        directory = reader.path(
            "DISPATCH_NODE_DIR", default: "/var/lib/dispatch/node",
            help: "Where the node keeps its identity, spool, journal and snapshot.")
        controlPlaneURLs = reader.urls(
            "DISPATCH_CONTROL_URL", default: ["http://127.0.0.1:8080"],
            help:
                "Base URL of the control plane; of several, separated by commas, the next is asked when one "
                + "does not answer.")
        hostName = reader.string(
            "DISPATCH_HOST_NAME", default: "localhost", help: "The name in banners, EHLO and trace fields.")
        loops = reader.int(
            "DISPATCH_LOOPS", default: 0, in: 0...256, help: "Event loops; 0 is one for each core.")
        httpAddress = reader.socketAddress(
            "DISPATCH_HTTP", default: "0.0.0.0:8025", help: "Where the HTTP doors listen.")
        httpsAddress = reader.optionalSocketAddress(
            "DISPATCH_HTTPS", help: "Where the HTTP doors listen with TLS; needs a certificate.")
        smtpAddress = reader.socketAddress(
            "DISPATCH_SMTP", default: "0.0.0.0:2525", help: "Where SMTP submission listens (STARTTLS).")
        let smtpsAddress = reader.optionalSocketAddress(
            "DISPATCH_SMTPS",
            help:
                "Where SMTP submission listens with TLS from the first byte; with a certificate and nothing "
                + "said, \(Self.defaultSMTPSAddress).")
        inboundAddress = reader.socketAddress(
            "DISPATCH_INBOUND", default: "0.0.0.0:2526",
            help: "Where bounces and complaints come in; the MX of the return paths lead here.")
        inboundMaxMessageBytes = reader.bytes(
            "DISPATCH_INBOUND_MAX_MESSAGE", default: 1 << 20, in: (64 << 10)...(32 << 20),
            help: "Largest bounce or complaint that is taken.")
        inboundMaxPerMinute = reader.int(
            "DISPATCH_INBOUND_RATE", default: 600, in: 1...1_000_000,
            help: "Bounces and complaints a minute from one address.")
        trackingMaxPerMinute = reader.int(
            "DISPATCH_TRACKING_RATE", default: 6_000, in: 1...1_000_000,
            help: "Opens and clicks a minute from one address that are counted; all are answered.")
        controlAddress = reader.socketAddress(
            "DISPATCH_CONTROL", default: "0.0.0.0:8027", help: "Where the control plane pushes to.")
        metricsAddress = reader.socketAddress(
            "DISPATCH_METRICS", default: "127.0.0.1:8028", help: "Where /metrics and /health answer.")
        advertisedControlURL = reader.optionalURL(
            "DISPATCH_ADVERTISED_CONTROL_URL",
            help: "How the control plane reaches the control listener, when not by its address.")
        advertisedHTTPURL = reader.optionalURL(
            "DISPATCH_ADVERTISED_HTTP_URL",
            help: "How the control plane reaches the HTTP doors, when not by their address.")
        certificateFile = reader.optionalPath(
            "DISPATCH_TLS_CERTIFICATE",
            help: "Certificate chain (PEM, leaf first) for STARTTLS, SMTPS and HTTPS.")
        keyFile = reader.optionalPath("DISPATCH_TLS_KEY", help: "Private key (PEM) of the certificate.")
        self.smtpsAddress = smtpsAddress ?? certificateFile.map { _ in Self.defaultSMTPSAddress }
        nameServers = reader.list(
            "DISPATCH_NAME_SERVERS",
            help: "DNS servers, such as 127.0.0.1:53; empty is those of /etc/resolv.conf.")
        dnssec = reader.choice(
            "DISPATCH_DNSSEC", default: .auto,
            help: "Whether the DNS servers validate and are believed: auto where all are on loopback.")
        followsDANE = reader.bool(
            "DISPATCH_DANE", default: true,
            help: "Whether TLSA records of mail hosts are followed; without effect where DNSSEC is off.")
        followsMTASTS = reader.bool(
            "DISPATCH_MTA_STS", default: true,
            help: "Whether MTA-STS policies of recipients' domains are fetched and followed.")
        routes = reader.optionalString(
            "DISPATCH_ROUTES",
            help: "Fixed hosts in place of MX, such as *=127.0.0.1:1025 or example.org=relay.example.net:25.")
        routeConnections = reader.int(
            "DISPATCH_ROUTE_CONNECTIONS", default: 100, in: 1...10_000,
            help: "Connections at one time to each host of DISPATCH_ROUTES.")
        egressAllowedCIDRs = reader.list(
            "DISPATCH_EGRESS_ALLOWED",
            help: "Private networks that webhooks and MX hosts may be in all the same (development).")
        mxPort = reader.int(
            "DISPATCH_MX_PORT", default: 25, in: 1...65_535,
            help: "Port of MX hosts; another than 25 in tests.")
        usesIPv6 = reader.bool("DISPATCH_IPV6", default: true, help: "Whether mail leaves by IPv6 too.")
        trustedNetworks = reader.list(
            "DISPATCH_TRUSTED_NETWORKS", help: "Networks that may submit by SMTP without AUTH and TLS.")
        trustedTenant = reader.optionalString(
            "DISPATCH_TRUSTED_TENANT", help: "The tenant for which the trusted networks submit.")
        trustedProxies = reader.list(
            "DISPATCH_TRUSTED_PROXIES",
            help: "Networks of proxies before the HTTP doors; their X-Forwarded-For is believed.")
        minFreePercent = reader.int(
            "DISPATCH_MIN_FREE_PERCENT", default: 10, in: 0...90,
            help: "With less of the disk's bytes free nothing new is accepted; deliveries go on.")
        minFreeInodesPercent = reader.int(
            "DISPATCH_MIN_FREE_INODES_PERCENT", default: 10, in: 0...90,
            help: "The same of the disk's inodes, where it counts them.")
        spoolSegmentBytes = reader.bytes(
            "DISPATCH_SPOOL_SEGMENT", default: 64 << 20, in: (1 << 20)...(1 << 30),
            help: "Size of a spool segment.")
        holdsDelivery = reader.bool(
            "DISPATCH_HOLD_DELIVERY", default: false, help: "Accept and store, but deliver nothing.")
        webhookRootsFile = reader.optionalPath(
            "DISPATCH_WEBHOOK_ROOTS",
            help: "Certificates (PEM) to trust at webhook endpoints instead of the system's.")
        smtpMaxConnections = reader.int(
            "DISPATCH_SMTP_MAX_CONNECTIONS", default: 2_000, in: 1...100_000,
            help: "SMTP connections at one time.")
        httpMaxConnections = reader.int(
            "DISPATCH_HTTP_MAX_CONNECTIONS", default: 10_000, in: 1...200_000,
            help: "HTTP connections at one time.")
        delayNoticeTime = reader.duration(
            "DISPATCH_DELAY_NOTICE", default: .seconds(4 * 3_600), in: .seconds(0)...(.seconds(7 * 86_400)),
            help: "A sender who asked for it (NOTIFY=DELAY) is told once of a message that waits so long.")
        reader.require(
            (certificateFile == nil) == (keyFile == nil), "DISPATCH_TLS_KEY",
            "set together with DISPATCH_TLS_CERTIFICATE")
        reader.require(
            (httpsAddress == nil && smtpsAddress == nil) || certificateFile != nil,
            "DISPATCH_TLS_CERTIFICATE",
            "set, because DISPATCH_HTTPS or DISPATCH_SMTPS is")
        reader.require(
            trustedNetworks.isEmpty || trustedTenant != nil, "DISPATCH_TRUSTED_TENANT",
            "set, because DISPATCH_TRUSTED_NETWORKS is")
    }
}
