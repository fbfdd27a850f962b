import DNSProviders
import HTTP

/// What the document says of the answers.
extension DNSSetupRoutes {
    static let setUpResponses: [RouteInfo.Response] = [
        .init(
            200, "What changed, or would.",
            .data(DNSSetupAnswer.schema, message: "DNS records set up")),
        .init(
            400, "A field is wrong, or the provider refuses the credential.",
            codes: ["zone_mismatch", "dns_credentials_refused", "dns_permission_missing"]),
        .init(
            404, "There is no such record.",
            codes: ["domain_not_found", "dns_provider_not_found", "dns_zone_not_found"]),
        .init(
            409, "The zone is not one that can be changed now.",
            codes: [
                "zone_not_delegated", "dns_zone_busy", "dns_zone_changed", "dns_not_supported",
            ]),
        .init(502, "The provider did not do it.", codes: ["dns_provider_unavailable"]),
        .init(
            503, "Try again after the seconds in `Retry-After`.",
            codes: ["dns_provider_throttled", "dns_unreachable"]),
    ]

    static let undoResponses: [RouteInfo.Response] =
        [
            .init(200, "What was undone.", .data(DNSUndoAnswer.schema, message: "Undone")),
            .init(
                400, "Something of the request is wrong, or the provider refuses the credential.",
                codes: ["dns_credentials_refused", "dns_permission_missing"]),
            .init(
                404, "There is no such record.",
                codes: [
                    "domain_not_found", "dns_change_not_found", "dns_provider_not_found",
                    "dns_zone_not_found",
                ]),
            .init(
                409, "It cannot be undone now; nothing was changed.",
                codes: [
                    "dns_records_changed", "already_undone", "nothing_to_undo", "dns_zone_busy",
                    "dns_zone_changed", "dns_not_supported",
                ]),
        ] + DNSProviderError.answersOfEveryCall
}
