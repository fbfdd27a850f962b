import DNS
import Delivery
import EventLoop
import HTTPClient
import Service
import Times

/// What a node does about the TLS of outgoing mail: the policies and counts that its loops share, and what
/// each loop gets to ask with.
///
/// MTA-STS policies are kept in the node's directory, so that a restart forgets none that a domain has asked
/// to have remembered. A file that cannot be read or written is logged and never stops the mail.
struct MailTLS: Sendable {
    /// Whether the word of the name servers is taken for the authenticity of an answer (DNSSEC).
    enum DNSSECTrust: String, CaseIterable, Sendable {
        /// Where all of them are on loopback.
        case auto
        case on
        case off
    }

    let reports: TLSReportBook
    private let cache: MTASTSCache
    private let settings: NodeSettings
    private let author: TLSReport.Author
    private let now: @Sendable () -> Int64

    static func open(
        _ settings: NodeSettings, _ files: NodeFiles, node: UInt16, _ pool: BlockingPool, _ clock: WallClock,
        _ metrics: NodeMetrics, _ log: Log
    ) -> MailTLS {
        let cache = MTASTSCache(
            store: .init { kept in
                do { try await pool.run { try files.write(kept.encoded(), to: files.mtaSTS) } } catch {
                    log.error("the MTA-STS policies cannot be kept", ["error": .error(error)])
                }
            })
        let now: @Sendable () -> Int64 = { clock.now() / 1_000 }
        do { if let bytes = try files.read(files.mtaSTS) { try cache.restore(bytes, now: now()) } } catch {
            log.error("the kept MTA-STS policies cannot be read", ["error": .error(error)])
        }
        let reports = TLSReportBook(now: now) { kind, result in
            metrics.tlsSessions(kind.rawValue, result?.rawValue ?? "ok").increment()
        }
        let author = TLSReport.Author(
            organization: settings.hostName, contact: "postmaster@\(settings.hostName)", node: String(node))
        return MailTLS(reports: reports, cache: cache, settings: settings, author: author, now: now)
    }

    /// Name servers as the settings have them.
    func resolverSettings(_ servers: [SocketAddress]) -> ResolverSettings? {
        switch settings.dnssec {
        case .auto: ResolverSettings(servers: servers)
        case .on: ResolverSettings(servers: servers, trustsAuthenticData: true)
        case .off: ResolverSettings(servers: servers, trustsAuthenticData: false)
        }
    }

    /// What asks for the policies of a loop. On that loop.
    func policies(
        _ resolver: Resolver, _ egressGuard: EgressGuard, on loop: EventLoop
    ) throws -> TLSPolicyResolver {
        var mtaSTS: MTASTSPolicies?
        if settings.followsMTASTS {
            var client = HTTPClientSettings(egressGuard: egressGuard)
            client.maxConnections = 64
            client.maxConnectionsPerHost = 2
            let fetch = MTASTSFetch(client: try HTTPClient(on: loop, client), lookup: resolver)
            mtaSTS = MTASTSPolicies(on: loop, lookup: resolver, fetch: fetch, cache: cache, now: now)
        }
        return TLSPolicyResolver(dane: settings.followsDANE ? resolver : nil, mtaSTS: mtaSTS)
    }

    /// The sessions of a day as RFC 8460 has them reported; nil for a day of which nothing is known.
    /// - Parameters:
    ///   - day: such as `2026-01-31`, in UTC; nil for today.
    ///   - domain: of the recipients; nil for all.
    func report(day: String?, domain: String?) -> TLSReport? {
        let day = day ?? String(RFC3339.text(milliseconds: now() &* 1_000).prefix(10))
        return TLSReport(reports, day: day, domain: domain?.lowercased(), author)
    }
}
