/// Prints the routes of a router as an OpenAPI 3.1 document, so that what is documented is what is served:
/// parameters, bodies, every answer, what is asked of the caller, and examples of all of them.
package enum OpenAPIDocument {
    /// How the errors of some routes look.
    package struct ErrorStyle: Sendable {
        /// The body of every answer of 400 and above that a route lists without a schema.
        let schema: Schema
        /// How a code is spelt, which is a word in `snake_case` inside.
        let spell: @Sendable (String) -> String
        /// An example: the body with this code, as it is spelt, and this sentence.
        let body: @Sendable (_ code: String, _ message: String) -> DocumentValue

        package init(
            schema: Schema, spell: @escaping @Sendable (String) -> String = { $0 },
            body: @escaping @Sendable (_ code: String, _ message: String) -> DocumentValue = Self.nested
        ) {
            self.schema = schema
            self.spell = spell
            self.body = body
        }

        /// `{"error":{"code":…,"message":…,"request_id":…}}`
        package static let nested: @Sendable (String, String) -> DocumentValue = { code, message in
            [
                "error": [
                    "code": .string(code), "message": .string(message),
                    "request_id": "5f2b8c1d9e3a4f60a7b8c9d0e1f20314",
                ]
            ]
        }
    }

    /// Which routes of a router one document is about.
    package struct Part: Sendable {
        package let title: String
        package let version: String
        package let details: String
        package let routes: [Route]

        package init(title: String, version: String, details: String = "", routes: [Route]) {
            self.title = title
            self.version = version
            self.details = details
            self.routes = routes
        }
    }

    /// - Returns: JSON with its keys in alphabetic order, the same bytes for the same routes.
    package static func make(
        _ part: Part, errors: @Sendable (_ pattern: String) -> ErrorStyle?
    ) throws -> [UInt8] {
        var components: [String: DocumentValue] = [:]
        var paths: [String: [String: DocumentValue]] = [:]
        for route in part.routes {
            let path = route.pattern.replacing("...}", with: "}")
            paths[path, default: [:]][route.method.rawValue.lowercased()] = OperationDocument(
                route: route, errors: errors(route.pattern)
            ).value(&components)
        }
        let document = DocumentValue.object([
            "openapi": "3.1.0",
            "info": .fields([
                ("title", .string(part.title)), ("version", .string(part.version)),
                ("description", part.details.isEmpty ? nil : .string(part.details)),
            ]),
            "servers": .array([.object(["url": "/"])]),
            "paths": .object(paths.mapValues { .object($0) }),
            "components": .object([
                "schemas": .object(components),
                "securitySchemes": .object([
                    "basic": .object(["type": "http", "scheme": "basic"]),
                    "bearer": .object(["type": "http", "scheme": "bearer"]),
                ]),
            ]),
        ])
        return try JSON.encode(document, sorted: true)
    }
}
