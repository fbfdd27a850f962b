import HTTP

/// Routes that tell of, or set, what cannot be parted by domains: endpoints, which are sent the events of all
/// mail, and counters, which are kept for the tenant. A key that is bound to a domain is refused there.
enum WholeTenant {
    static let response = RouteInfo.Response(
        403, "The key is bound to a domain.", codes: ["key_bound_to_domain"])

    /// - Parameter path: a route's pattern, whole or as it follows the tenant.
    static func isShown(by path: String) -> Bool {
        ["/webhooks", "/usage", "/v1/webhooks", "/v1/analytics"].contains {
            path == $0 || path.hasPrefix($0 + "/")
        }
    }
}

extension Caller {
    /// - Throws: 403 `key_bound_to_domain`.
    func requireWholeTenant() throws(APIError) {
        guard let onlyDomain else { return }
        throw APIError(
            403, "key_bound_to_domain",
            "This is of the whole tenant, and the key is bound to `\(onlyDomain)`.")
    }
}
