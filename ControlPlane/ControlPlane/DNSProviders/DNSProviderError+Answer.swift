import DNSProviders
import HTTP

extension DNSProviderError {
    /// What may come of any call to a provider, for the document.
    static let answersOfEveryCall = [
        RouteInfo.Response(502, "The provider did not do it.", codes: ["dns_provider_unavailable"]),
        RouteInfo.Response(
            503, "Try again after the seconds in `Retry-After`.", codes: ["dns_provider_throttled"]),
    ]

    /// What a caller is told.
    var answer: APIError {
        switch self {
        case .credentialsRefused(let text): APIError(400, "dns_credentials_refused", text)
        case .permissionMissing(let permission):
            APIError(400, "dns_permission_missing", "The credential lacks a permission: \(permission).")
        case .notFound(let text): APIError(404, "dns_zone_not_found", text, field: "zone_id")
        case .conflict(let text):
            APIError(409, "dns_zone_changed", "Somebody else changes the zone: \(text). Try again.")
        case .throttled(let seconds):
            APIError(
                503, "dns_provider_throttled", "The provider takes no more calls at the moment; try again.",
                retryAfterSeconds: seconds ?? 30)
        case .temporary(let text):
            APIError(502, "dns_provider_unavailable", "The provider did not do it: \(text).")
        case .unsupported(let text): APIError(409, "dns_not_supported", "It cannot be done here: \(text).")
        }
    }
}
