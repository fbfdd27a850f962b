import Crypto
import EventLoop
import FoundationEssentials
import HTTPClient
import Postgres
import Service

/// What the strings of a TXT look-up are, joined record by record.
package enum TXTLookup: Sendable, Equatable {
    /// The text of every TXT record at the name; never empty.
    case found([String])
    /// The name or its TXT records do not exist: the servers said so.
    case missing
    /// Nobody could be asked, and why. This never counts as missing.
    case unreachable(String)
}

/// Which zone a name lies in, as the world is led to it.
package enum DelegationLookup: Sendable, Equatable {
    /// Lower case, without final dots.
    case found(zone: String, servers: [String])
    /// Nobody answers for the name.
    case missing
    /// Nobody could be asked, and why.
    case unreachable(String)
}

/// What every subject of the control plane needs. One value, made at start, and then only read.
package struct ControlContext: Sendable {
    /// A request of a tenant runs as `.tenant(uuid)`, the service's own work as `.system`.
    package let pool: PostgresPool
    /// From the master key: seals private keys and secrets at rest, in the contexts of `NodeProtocol`.
    package let masterSeal: SymmetricSeal
    package let tokens: TokenService
    /// For what takes long on a processor: reading reports and long lists.
    package let blocking: BlockingPool
    /// For scrypt, apart, so that nobody who logs in waits behind somebody else's work.
    package let passwords: BlockingPool
    /// For making RSA keys, which take the longest.
    package let keyMaking: BlockingPool
    /// Where the pool lives.
    package let loop: EventLoop
    /// Milliseconds since 1970.
    package let clock: @Sendable () -> Int64
    package let log: Log
    /// Such as `dispatch.example.com`: behind the `@` of usernames, in SPF, as the MX of return paths.
    package let serviceHost: String
    package let smtpPort: Int
    /// Where tracking links lead, without a slash at the end.
    package let trackingBaseURL: String
    package let dns: @Sendable (_ name: String) async -> TXTLookup
    /// The MX records of a name, each as `10 mail.example.com`.
    package let mailHosts: @Sendable (_ name: String) async -> TXTLookup
    /// The addresses of a host, each as text.
    package let addresses: @Sendable (_ name: String) async -> TXTLookup
    /// The TXT records of a name as the configured resolvers have them, caches included.
    package let resolvers: @Sendable (_ name: String) async -> TXTLookup
    /// The alias that stands at a name itself; `.missing` where none does.
    package let aliases: @Sendable (_ name: String) async -> TXTLookup
    package let publicSuffixes: PublicSuffixes
    /// The zone that a name lies in, and its servers.
    package let delegation: @Sendable (_ name: String) async -> DelegationLookup
    /// Whether operators may vouch for a domain in place of DNS: development only.
    package let allowsDomainOverride: Bool
    /// Which addresses a webhook's URL may name; the node judges the resolved address again.
    package let egressGuard: EgressGuard

    package init(
        pool: PostgresPool, masterSeal: SymmetricSeal, tokens: TokenService, blocking: BlockingPool,
        loop: EventLoop, clock: @escaping @Sendable () -> Int64, log: Log, serviceHost: String, smtpPort: Int,
        dns: @escaping @Sendable (_ name: String) async -> TXTLookup, allowsDomainOverride: Bool,
        egressGuard: EgressGuard = EgressGuard(),
        mailHosts: @escaping @Sendable (_ name: String) async -> TXTLookup = { _ in
            .unreachable("was not asked")
        },
        delegation: @escaping @Sendable (_ name: String) async -> DelegationLookup = { _ in
            .unreachable("was not asked")
        },
        addresses: @escaping @Sendable (_ name: String) async -> TXTLookup = { _ in
            .unreachable("was not asked")
        },
        resolvers: @escaping @Sendable (_ name: String) async -> TXTLookup = { _ in
            .unreachable("was not asked")
        },
        publicSuffixes: PublicSuffixes = PublicSuffixes(),
        aliases: @escaping @Sendable (_ name: String) async -> TXTLookup = { _ in
            .unreachable("was not asked")
        },
        trackingBaseURL: String? = nil
    ) {
        self.pool = pool
        self.masterSeal = masterSeal
        self.tokens = tokens
        self.blocking = blocking
        passwords = BlockingPool(threads: 2, name: "passwords")
        keyMaking = BlockingPool(threads: 2, name: "key-making")
        self.loop = loop
        self.clock = clock
        self.log = log
        self.serviceHost = serviceHost
        self.smtpPort = smtpPort
        self.dns = dns
        self.mailHosts = mailHosts
        self.addresses = addresses
        self.resolvers = resolvers
        self.publicSuffixes = publicSuffixes
        self.aliases = aliases
        let url = trackingBaseURL ?? "https://\(serviceHost)"
        self.trackingBaseURL = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.delegation = delegation
        self.allowsDomainOverride = allowsDomainOverride
        self.egressGuard = egressGuard
    }

    /// Ends the threads.
    func stop() {
        for pool in [blocking, passwords, keyMaking] { pool.stop() }
    }

    /// The host that tracking hosts of domains are aliases of.
    var trackingTarget: String {
        URLComponents(string: trackingBaseURL)?.host?.lowercased() ?? serviceHost
    }

    /// Seconds since 1970.
    package var nowSeconds: Int64 { clock() / 1000 }
}
