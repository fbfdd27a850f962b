/// Prints the routes of a router as an OpenAPI 3.1 document, so that what is documented is what is served.
package enum OpenAPIDocument {
    /// - Parameters:
    ///   - errorSchema: the body of every answer of 400 and above that a route lists without a schema.
    /// - Returns: JSON with its keys in alphabetic order, the same bytes for the same routes.
    package static func make(
        title: String, version: String, routes: [Route], errorSchema: Schema? = nil
    ) throws -> [UInt8] {
        var components: [String: DocumentValue] = [:]
        var paths: [String: [String: DocumentValue]] = [:]
        for route in routes {
            let path = route.pattern.replacing("...}", with: "}")
            paths[path, default: [:]][route.method.rawValue.lowercased()] = operation(
                route, errorSchema, &components)
        }
        let document = DocumentValue.object([
            "openapi": "3.1.0",
            "info": .object(["title": .string(title), "version": .string(version)]),
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

    private static func operation(
        _ route: Route, _ errorSchema: Schema?, _ components: inout [String: DocumentValue]
    ) -> DocumentValue {
        let info = route.info
        return .fields([
            ("operationId", .string(operationID(route))),
            ("summary", .string(info.summary)),
            ("description", description(info).map { .string($0) }),
            ("tags", info.tag.map { .array([.string($0)]) }),
            ("security", security(info)),
            ("parameters", parameters(route, &components)),
            ("requestBody", requestBody(info, &components)),
            ("responses", responses(info, errorSchema, &components)),
        ])
    }

    /// Such as `post_v1_messages_id_cancel`: the pattern, since it is unique with its method.
    private static func operationID(_ route: Route) -> String {
        let words = route.pattern.split { !$0.isLetter && !$0.isNumber }
        return ([route.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private static func description(_ info: RouteInfo) -> String? {
        let scope = info.scope.map { "Needs the scope `\($0)`." }
        let parts = [info.details, scope].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
    }

    private static func security(_ info: RouteInfo) -> DocumentValue {
        let names: [String] =
            switch info.authentication {
            case .none: []
            case .bearer: ["bearer"]
            case .basic: ["basic"]
            case .bearerOrBasic: ["bearer", "basic"]
            }
        return .array(names.map { .object([$0: .array([])]) })
    }

    private static func parameters(
        _ route: Route, _ components: inout [String: DocumentValue]
    ) -> DocumentValue? {
        var list = route.parameterNames.map { name in
            DocumentValue.object([
                "name": .string(name), "in": "path", "required": .boolean(true),
                "schema": .object(["type": "string"]),
            ])
        }
        for parameter in route.info.parameters {
            list.append(
                .fields([
                    ("name", .string(parameter.name)), ("in", parameter.isHeader ? "header" : "query"),
                    ("required", parameter.schema.isRequired ? .boolean(true) : nil),
                    ("description", parameter.schema.text.map { .string($0) }),
                    ("schema", parameter.schema.document(&components)),
                ]))
        }
        return list.isEmpty ? nil : .array(list)
    }

    private static func requestBody(
        _ info: RouteInfo, _ components: inout [String: DocumentValue]
    ) -> DocumentValue? {
        guard let schema = info.requestSchema else { return nil }
        let content = DocumentValue.object(["schema": schema.document(&components)])
        return .object([
            "required": .boolean(true),
            "content": .object(
                Dictionary(info.requestContentTypes.map { ($0, content) }) { first, _ in first }),
        ])
    }

    private static func responses(
        _ info: RouteInfo, _ errorSchema: Schema?, _ components: inout [String: DocumentValue]
    ) -> DocumentValue {
        var list: [String: DocumentValue] = [:]
        for response in info.responses {
            let schema = response.schema ?? (response.status >= 400 ? errorSchema : nil)
            list[String(response.status)] = .fields([
                ("description", .string(response.description)),
                (
                    "content",
                    schema.map {
                        .object([
                            response.contentType: .object(["schema": $0.document(&components)])
                        ])
                    }
                ),
            ])
        }
        if list.isEmpty { list["default"] = .object(["description": "See the summary."]) }
        return .object(list)
    }
}
