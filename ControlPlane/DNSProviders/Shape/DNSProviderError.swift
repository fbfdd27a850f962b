/// Why a provider did not do something, by what the caller does next. No text holds a credential.
package enum DNSProviderError: Error, Sendable, Equatable {
    /// The credential is wrong, expired or withdrawn: the user gives another one.
    case credentialsRefused(String)
    /// The credential is good and lacks this permission, named as the provider names it.
    case permissionMissing(String)
    /// There is no such zone, or the credential may not see it.
    case notFound(String)
    /// The records are not what was read: read again, plan again.
    case conflict(String)
    /// Too many calls: wait. Nil when the provider does not say how long.
    case throttled(retryAfterSeconds: Int?)
    /// The provider cannot be reached or has trouble: try again later. A change may have been made.
    case temporary(String)
    /// It cannot be done this way, and why: the user does it by hand.
    case unsupported(String)

    /// What a provider wrote, fit for a caller: one line of readable characters, cut.
    static func readable(_ text: String) -> String {
        let line = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
        return String(line.prefix(300))
    }
}
