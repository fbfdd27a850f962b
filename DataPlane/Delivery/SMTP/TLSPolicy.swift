import EventLoop

/// What a recipient's domain, or its sender, asks of the connection to a mail host.
package enum TLSPolicy: Hashable, Sendable {
    /// Encrypt with whoever answers; go on in plain text where that is not to be had.
    case opportunistic
    /// Encrypt or do not deliver; any certificate will do.
    case encrypted
    /// The certificate must hold, for the name of the mail host. MTA-STS gives the patterns that the host's
    /// name has to match besides, such as `*.example.com` (RFC 8461 §4.1); empty: any.
    case verified(hostPatterns: [String])
    /// Never encrypt; for fixed routes to a neighbour that cannot.
    case never

    var isMandatory: Bool {
        switch self {
        case .opportunistic, .never: false
        case .encrypted, .verified: true
        }
    }

    /// RFC 8461 §4.1: a wildcard stands for exactly one label.
    func permits(host: String) -> Bool {
        guard case .verified(let patterns) = self, !patterns.isEmpty else { return true }
        let name = host.lowercased()
        return patterns.contains { pattern in
            let pattern = pattern.lowercased()
            guard pattern.hasPrefix("*.") else { return name == pattern }
            guard let dot = name.firstIndex(of: ".") else { return false }
            return name[dot...] == pattern.dropFirst()
        }
    }
}

/// The TLS settings of a loop's mail connections: one context that takes any certificate and one that
/// verifies.
package final class MailTLSContexts {
    let unverified: TLSClientContext
    let verified: TLSClientContext

    /// - Parameter roots: whom the verifying one trusts.
    package init(roots: TLSVerification = .systemRoots) throws(TLSError) {
        unverified = try TLSClientContext(verify: .none)
        verified = try TLSClientContext(verify: roots)
    }

    func context(for policy: TLSPolicy) -> TLSClientContext {
        if case .verified = policy { return verified }
        return unverified
    }
}
