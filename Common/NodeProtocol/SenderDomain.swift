/// Whose domain an address is of, as admission decides it and the control plane foretells it.
package enum SenderDomain {
    /// The name that decides for a sender's domain: the nearest one, itself or above it, that anybody has
    /// verified. Whoever has verified a name above another's does not send from it.
    ///
    /// - Parameter isVerified: by whichever tenant.
    /// - Returns: nil when nobody has verified any of them.
    package static func deciding(for domain: String, where isVerified: (String) -> Bool) -> String? {
        var candidate = domain
        while !isVerified(candidate) {
            guard let dot = candidate.firstIndex(of: ".") else { return nil }
            candidate = String(candidate[candidate.index(after: dot)...])
        }
        return candidate
    }

    /// Whether a domain is the one that a caller is bound to, or lies below it; without a bound each is.
    package static func isWithin(_ bound: String?, _ domain: String) -> Bool {
        guard let bound else { return true }
        return domain == bound || domain.hasSuffix("." + bound)
    }

    /// The domain of an address, which may stand behind a name: `App <app@example.com>`. In lower case; empty
    /// when there is none.
    package static func of(_ address: String) -> String {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "" }
        var domain = address[address.utf8.index(after: at)...]
        while let last = domain.last, last == ">" || last == " " { domain.removeLast() }
        return domain.lowercased()
    }
}
