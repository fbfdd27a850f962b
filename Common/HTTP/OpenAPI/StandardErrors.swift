/// The errors that follow from what a route is, so that no route has to list them: who may call it, what it
/// reads, what its path names.
enum StandardErrors {
    /// The answers of a route that its own list says, with those that every such route has.
    static func completed(_ route: Route) -> [RouteInfo.Response] {
        var responses = route.info.responses
        for error in errors(of: route) {
            guard let index = responses.firstIndex(where: { $0.status == error.status }) else {
                responses.append(error)
                continue
            }
            let own = responses[index]
            guard own.schema == nil else { continue }
            responses[index] = RouteInfo.Response(
                own.status, own.description, codes: own.codes + error.codes.filter { !own.codes.contains($0) }
            )
        }
        return responses.sorted { $0.status < $1.status }
    }

    private static func errors(of route: Route) -> [RouteInfo.Response] {
        let info = route.info
        let access = info.asked
        let readsBody = info.requestSchema != nil
        var errors: [RouteInfo.Response] = []
        let hasPathParameters = !route.parameterNames.isEmpty
        if readsBody || hasPathParameters || !info.parameters.isEmpty {
            var codes = hasPathParameters ? ["bad_request"] : []
            codes += readsBody ? ["invalid_json", "missing_field", "unknown_field"] : []
            if readsBody || !info.parameters.isEmpty { codes.append("invalid_field") }
            if !info.parameters.isEmpty { codes.append("invalid_parameter") }
            errors.append(.init(400, "Something of the request is wrong; `field` names it.", codes: codes))
        }
        if access != .everyone {
            errors.append(.init(401, "No credentials, or none that are valid.", codes: ["unauthenticated"]))
            if access != .caller {
                errors.append(.init(403, "The caller may not do this.", codes: forbidden(access, route)))
            }
            errors.append(
                .init(429, "More requests in this minute than the key may make.", codes: ["rate_limited"]))
        }
        if readsBody {
            errors.append(.init(413, "The body is too large.", codes: ["payload_too_large"]))
            errors.append(
                .init(415, "The body is in a content coding.", codes: ["unsupported_content_encoding"]))
        }
        if hasPathParameters {
            errors.append(.init(404, "There is no such record.", codes: missing(route)))
        }
        errors.append(.init(500, "Something went wrong on our side.", codes: ["internal_error"]))
        errors.append(
            .init(503, "Try again after the seconds in `Retry-After`.", codes: ["database_unavailable"]))
        return errors
    }

    private static func forbidden(_ access: RouteInfo.Access, _ route: Route) -> [String] {
        switch access {
        case .everyone, .caller: []
        case .operator: ["forbidden"]
        case .tenant: ["credential_mismatch"]
        case .scope: ["scope_missing", "credential_mismatch", "tenant_not_active"]
        case .role: ["forbidden", "credential_mismatch", "tenant_not_active"]
        }
    }

    private static func missing(_ route: Route) -> [String] {
        let names = route.parameterNames.map { $0.hasSuffix("_id") ? String($0.dropLast(3)) : $0 }
        return names.map { "\($0)_not_found" }
    }
}
