import EventLoop
import MailAuth

/// What is asked of the connection to a mail host.
package enum TLSPolicy: Hashable, Sendable {
    /// Encrypt with whoever answers; go on in plain text where that is not to be had.
    case opportunistic
    /// As opportunistic, and see whether the certificate would hold: for MTA-STS in testing, which reports,
    /// and for REQUIRETLS, which decides by it. The patterns are those of `verified`.
    case observed(hostPatterns: [String])
    /// Encrypt or do not deliver; any certificate will do.
    case encrypted
    /// The certificate must hold, for the name of the mail host. MTA-STS gives the patterns that the host's
    /// name has to match besides, such as `*.example.com` (RFC 8461 §4.1); empty: any.
    case verified(hostPatterns: [String])
    /// The certificate must be the one of the host's TLSA records (RFC 7672).
    case dane(DANEPeer)
    /// Never encrypt; for fixed routes to a neighbour that cannot.
    case never

    /// Whether nothing may leave where TLS fails.
    var isMandatory: Bool {
        switch self {
        case .opportunistic, .observed, .never: false
        case .encrypted, .verified, .dane: true
        }
    }

    /// Whether a host's name is one of those that the policy asks for.
    func names(host: String) -> Bool {
        switch self {
        case .observed(let patterns), .verified(let patterns):
            patterns.isEmpty || patterns.contains { MTASTSHostPattern($0)?.matches(host) == true }
        case .opportunistic, .encrypted, .dane, .never: true
        }
    }

    /// Whether a session that was opened for `other` may serve this policy as well, at the same host.
    func isMet(by other: TLSPolicy, _ tls: TLSInfo?) -> Bool {
        switch self {
        case .opportunistic, .observed, .never: true
        case .encrypted: tls != nil
        case .verified: self == other
        case .dane(let peer):
            // Another domain's name may have been the one that a certificate below a trust anchor was for.
            if case .dane(let had) = other, had.baseDomain == peer.baseDomain,
                had.associations == peer.associations
            {
                had == peer || tls?.isForServerName == true
            } else {
                false
            }
        }
    }
}

/// The TLS settings of a loop's mail connections: one context for each way to judge a certificate.
package final class MailTLSContexts {
    private let unverified: TLSClientContext
    private let verified: TLSClientContext
    private let dane: TLSClientContext

    /// - Parameter roots: whom the verifying one trusts.
    package init(roots: TLSVerification = .systemRoots) throws(TLSError) {
        unverified = try TLSClientContext(verify: .none)
        verified = try TLSClientContext(verify: roots)
        dane = try TLSClientContext(verify: .dane)
    }

    /// The client's handshake as a policy asks for it.
    func start(
        _ stream: ByteStream, _ policy: TLSPolicy, host: String, timeout: Duration
    ) async throws(StreamError) {
        switch policy {
        case .opportunistic, .encrypted, .never:
            try await stream.startTLS(client: unverified, serverName: host, timeout: timeout)
        case .observed:
            try await stream.startTLS(
                client: verified, serverName: host, enforces: false, timeout: timeout)
        case .verified: try await stream.startTLS(client: verified, serverName: host, timeout: timeout)
        case .dane(let peer): try await stream.startTLS(client: dane, dane: peer, timeout: timeout)
        }
    }
}
