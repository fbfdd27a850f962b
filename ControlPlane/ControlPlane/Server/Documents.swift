import HTTP

/// The OpenAPI documents, made of the routes that are served.
///
/// `/openapi/dispatch.json` is the customers' API; `/api/v1/openapi.json` is everything, for operators and
/// those who run nodes.
enum Documents {
    private static let customers = ["/api/v1/dispatch/", "/api/v1/user/", "/api/v1/auth/"]
    private static let version = "1"

    /// Added last: they hold what was added before.
    static func add(to router: inout Router) throws {
        let routes = router.routes
        let parts = [
            "/openapi/dispatch.json": OpenAPIDocument.Part(
                title: "Dispatch", version: version,
                details: "Mail for tenants: sending, domains, templates, keys, the log and settings. Unknown "
                    + "fields of a request are refused. Every answer has `X-Request-ID`.",
                routes: routes.filter { route in customers.contains { route.pattern.hasPrefix($0) } }),
            "/api/v1/openapi.json": OpenAPIDocument.Part(
                title: "Dispatch, every route", version: version, routes: routes),
        ]
        for (path, part) in parts {
            let document = try OpenAPIDocument.make(part, errors: style)
            router.on(
                .get, path, RouteInfo(summary: "The document of \(part.title)", authentication: .none)
            ) { _ in .bytes(document, contentType: "application/json") }
        }
    }

    /// The tenants' API spells its codes in capitals; the ingestion API has errors of its own.
    private static let style: @Sendable (String) -> OpenAPIDocument.ErrorStyle? = { pattern in
        if pattern.hasPrefix("/api/v1/messages") { return nil }
        let isTenants = ["/api/v1/dispatch/", "/api/v1/user/"].contains { pattern.hasPrefix($0) }
        return .init(schema: .error) { isTenants ? $0.uppercased() : $0 }
    }
}
