/// One route in an OpenAPI document.
struct OperationDocument {
    let route: Route
    let errors: OpenAPIDocument.ErrorStyle?

    private var info: RouteInfo { route.info }

    func value(_ components: inout [String: DocumentValue]) -> DocumentValue {
        .fields([
            ("operationId", .string(operationID)),
            ("summary", .string(info.summary)),
            ("description", description.map { .string($0) }),
            ("tags", info.tag.map { .array([.string($0)]) }),
            ("security", security),
            ("x-dispatch-access", .string(info.asked.description)),
            ("parameters", parameters(&components)),
            ("requestBody", requestBody(&components)),
            ("responses", responses(&components)),
        ])
    }

    /// Such as `post_v1_messages_id_cancel`: the pattern, since it is unique with its method.
    private var operationID: String {
        let words = route.pattern.split { !$0.isLetter && !$0.isNumber }
        return ([route.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private var description: String? {
        let access: String? =
            switch info.access {
            case .scope(let scope): "Needs the scope `\(scope)`."
            case .role(let role): "Needs a user with the role `\(role)` in the tenant, or more."
            case .operator: "For operators."
            case .everyone, .caller, .tenant, nil: nil
            }
        let parts = [info.details, access].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
    }

    private var security: DocumentValue {
        let names: [String] =
            switch info.authentication {
            case .none: []
            case .bearer: ["bearer"]
            case .basic: ["basic"]
            case .bearerOrBasic: ["bearer", "basic"]
            }
        return .array(names.map { .object([$0: .array([])]) })
    }

    private func parameters(_ components: inout [String: DocumentValue]) -> DocumentValue? {
        var list = route.parameterNames.map { name in
            DocumentValue.object([
                "name": .string(name), "in": "path", "required": .boolean(true),
                "schema": .object(["type": "string"]),
            ])
        }
        for parameter in info.parameters {
            list.append(
                .fields([
                    ("name", .string(parameter.name)), ("in", parameter.isHeader ? "header" : "query"),
                    ("required", parameter.schema.isRequired ? .boolean(true) : nil),
                    ("description", parameter.schema.text.map { .string($0) }),
                    ("example", parameter.schema.givenExample),
                    ("schema", parameter.schema.document(&components)),
                ]))
        }
        return list.isEmpty ? nil : .array(list)
    }

    private func requestBody(_ components: inout [String: DocumentValue]) -> DocumentValue? {
        guard let schema = info.requestSchema else { return nil }
        let content = DocumentValue.fields([
            ("schema", schema.document(&components)), ("example", try? schema.example()),
        ])
        return .object([
            "required": .boolean(true),
            "content": .object(
                Dictionary(info.requestContentTypes.map { ($0, content) }) { first, _ in first }),
        ])
    }

    private func responses(_ components: inout [String: DocumentValue]) -> DocumentValue {
        var list: [String: DocumentValue] = [:]
        let all = errors == nil ? info.responses : StandardErrors.completed(route)
        for response in all {
            list[String(response.status)] =
                response.status >= 400 && response.schema == nil
                ? error(response, &components) : success(response, &components)
        }
        if list.isEmpty { list["default"] = .object(["description": "See the summary."]) }
        return .object(list)
    }

    private func success(
        _ response: RouteInfo.Response, _ components: inout [String: DocumentValue]
    ) -> DocumentValue {
        guard let schema = response.schema else {
            return .object(["description": .string(response.description)])
        }
        let content = DocumentValue.fields([
            ("schema", schema.document(&components)), ("example", try? schema.example()),
        ])
        return .object([
            "description": .string(response.description),
            "content": .object([response.contentType: content]),
        ])
    }

    private func error(
        _ response: RouteInfo.Response, _ components: inout [String: DocumentValue]
    ) -> DocumentValue {
        guard let errors else { return .object(["description": .string(response.description)]) }
        let codes = response.codes.map { errors.spell($0) }
        let list = codes.map { "`\($0)`" }.joined(separator: ", ")
        let example = codes.first.map { errors.body($0, response.description) }
        return .object([
            "description": .string(
                list.isEmpty ? response.description : "\(response.description) Codes: \(list)."),
            "content": .object([
                response.contentType: .fields([
                    ("schema", errors.schema.document(&components)), ("example", example),
                ])
            ]),
        ])
    }
}
