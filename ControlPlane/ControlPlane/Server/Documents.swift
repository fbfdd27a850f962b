import HTTP
import Relay

/// The OpenAPI documents, made of the routes that are served: one for each dialect of the customers' API, and
/// `/api/v1/openapi.json`, which is everything, for operators and those who run nodes.
enum Documents {
    private static let version = "1"
    private static let common = "Unknown fields of a request are refused. Every answer has `X-Request-ID`."

    /// One dialect: where its document is, and the paths that are its own.
    private struct Dialect {
        let path: String
        let title: String
        let details: String
        let prefixes: [String]
        /// Nil for an error of a shape of its own, which `styles` or its routes tell.
        var errors: OpenAPIDocument.ErrorStyle? = .init(schema: .error) { $0 }

        func has(_ pattern: String) -> Bool {
            prefixes.contains { pattern == $0 || pattern.hasPrefix($0 + "/") }
        }
    }

    private static let dialects = [
        Dialect(
            path: "/openapi/dispatch.json", title: "Dispatch",
            details: "Mail for tenants: sending, domains, templates, keys, the log and settings. \(common)",
            prefixes: ["/api/v1/dispatch", "/api/v1/user", "/api/v1/auth"],
            errors: .init(schema: .error) { $0.uppercased() }),
        Dialect(
            path: "/openapi/messages.json", title: "Dispatch ingestion API",
            details: "Sending by JSON or forms, as Mailgun's clients do. \(common)",
            prefixes: ["/api/v1/messages", "/v3"], errors: nil),
        Dialect(
            path: "/openapi/messages-v1.json", title: "Dispatch Messages API",
            details: "Sending, batches, scheduling, analysis and what became of messages. \(common)",
            prefixes: ["/v1"], errors: .init(schema: .error) { Surface.messagesCode($0) }),
        Dialect(
            path: "/openapi/emails.json", title: "Dispatch emails API",
            details: "Sending and reading e-mails, as Resend's clients do. \(common)",
            prefixes: ["/api/v1/emails"],
            errors: .emails),
    ]

    /// Added last: they hold what was added before.
    static func add(to router: inout Router) throws {
        let routes = router.routes
        var parts = [
            "/api/v1/openapi.json": OpenAPIDocument.Part(
                title: "Dispatch, every route", version: version, routes: routes)
        ]
        for dialect in dialects {
            parts[dialect.path] = OpenAPIDocument.Part(
                title: dialect.title, version: version, details: dialect.details,
                routes: routes.filter { dialect.has($0.pattern) })
        }
        for (path, part) in parts {
            let document = try OpenAPIDocument.make(part, errors: style)
            router.on(
                .get, path, RouteInfo(summary: "The document of \(part.title)", authentication: .none)
            ) { _ in .bytes(document, contentType: "application/json") }
        }
    }

    /// By the beginning of a path, where a document has more than one shape of error.
    private static let styles: [(prefix: String, style: OpenAPIDocument.ErrorStyle)] = [
        ("/api/v1/auth/", .init(schema: .error)), ("/api/v1/messages", .ingest), ("/v3/", .mailgun),
    ]

    private static let style: @Sendable (String) -> OpenAPIDocument.ErrorStyle? = { pattern in
        if let own = styles.first(where: { pattern.hasPrefix($0.prefix) }) { return own.style }
        guard let dialect = dialects.first(where: { $0.has(pattern) }) else {
            return .init(schema: .error) { $0 }
        }
        return dialect.errors
    }
}
