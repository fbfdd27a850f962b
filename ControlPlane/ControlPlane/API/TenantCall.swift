import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// What a route needs of its caller.
package enum Requirement: Sendable {
    /// To know of the tenant: any key, any member.
    case access
    case scope(String)
    case role(MemberRole)

    /// As the document tells it.
    var documented: RouteInfo.Access {
        switch self {
        case .access: .tenant
        case .scope(let scope): .scope(scope)
        case .role(let role): .role(role.rawValue)
        }
    }
}

/// A request for one tenant whose caller is known and allowed to make it.
package struct TenantCall {
    package static let maxBodyBytes = 256 * 1024

    package let request: HTTPRequest
    package let caller: Caller
    package let tenant: TenantID
    package let actor: AuditActor

    /// The transaction scope of the tenant.
    package var rows: TenantScope { .tenant(tenant.uuid) }

    package func decode<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        try await request.decode(type, maxBytes: Self.maxBodyBytes)
    }

    /// The UUID in the path.
    ///
    /// - Parameter kind: such as `domain`, for the sentence of the 404.
    package func id(_ parameter: String, of kind: String) throws(APIError) -> UUID {
        guard let id = UUID(uuidString: request.parameter(parameter)) else { throw .noSuch(kind) }
        return id
    }
}

/// A request outside of any tenant whose caller is known.
package struct CallerCall {
    package let request: HTTPRequest
    package let caller: Caller
    package let actor: AuditActor

    package func decode<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        try await request.decode(type, maxBytes: TenantCall.maxBodyBytes)
    }

    /// The UUID in the path.
    package func id(_ parameter: String, of kind: String) throws(APIError) -> UUID {
        guard let id = UUID(uuidString: request.parameter(parameter)) else { throw .noSuch(kind) }
        return id
    }
}

extension Router {
    /// Adds a route below `/api/v1/dispatch/tenants/{tenant_id}`.
    ///
    /// Before `handler` comes the order of checks: 401, 404 or 403 of a tenant that is not the caller's, 403
    /// of the requirement, 403 of what is the whole tenant's for a key of one domain, 403 for whatever
    /// changes something in a tenant that is not active, 429, and 404 of a domain or a message that a key's
    /// own domain does not reach. Database errors get their answers here.
    ///
    /// - Parameter path: what follows the tenant, such as `/domains/{domain_id}`, or nothing.
    package mutating func tenant(
        _ method: HTTPMethod, _ path: String, _ authenticator: Authenticator, needs requirement: Requirement,
        _ info: RouteInfo, _ handler: @escaping @Sendable (TenantCall) async throws -> HTTPResponse
    ) {
        var info = info
        info.access = requirement.documented
        let changes = method != .get
        let named = NamedRecord(path)
        let isOfWholeTenant = WholeTenant.isShown(by: path)
        if isOfWholeTenant { info.responses.append(WholeTenant.response) }
        on(method, "/api/v1/dispatch/tenants/{tenant_id}" + path, info) { request in
            try await PostgresError.answered {
                guard let tenant = TenantID(text: request.parameter("tenant_id")) else {
                    _ = try await authenticator.caller(request, tenant: nil)
                    throw APIError.tenantNotFound
                }
                let caller = try await authenticator.caller(request, tenant: tenant)
                try caller.require(requirement, in: tenant)
                if isOfWholeTenant { try caller.requireWholeTenant() }
                if changes { try caller.requireActiveTenant() }
                let call = TenantCall(
                    request: request, caller: caller, tenant: tenant, actor: AuditActor(caller, request))
                return try await caller.withRateHeaders {
                    try await named?.check(call, authenticator.context)
                    return try await handler(call)
                }
            }
        }
    }

    /// Adds a route of a dialect that names no tenant: it is that of the caller's key or credential, or the
    /// only one that a user's token names, with the same checks in the same order.
    ///
    /// - Parameter path: the whole path.
    package mutating func home(
        _ method: HTTPMethod, _ path: String, _ authenticator: Authenticator, needs requirement: Requirement,
        _ info: RouteInfo, _ handler: @escaping @Sendable (TenantCall) async throws -> HTTPResponse
    ) {
        var info = info
        info.access = requirement.documented
        let changes = method != .get
        let named = NamedRecord(path)
        let isOfWholeTenant = WholeTenant.isShown(by: path)
        if isOfWholeTenant { info.responses.append(WholeTenant.response) }
        on(method, path, info) { request in
            try await PostgresError.answered {
                let (caller, home) = try await authenticator.callerAtHome(request)
                guard let tenant = home else {
                    throw APIError(
                        403, "forbidden",
                        "This needs an API key, a credential, or a token for one tenant alone.")
                }
                try caller.require(requirement, in: tenant)
                if isOfWholeTenant { try caller.requireWholeTenant() }
                if changes { try caller.requireActiveTenant() }
                let call = TenantCall(
                    request: request, caller: caller, tenant: tenant, actor: AuditActor(caller, request))
                return try await caller.withRateHeaders {
                    try await named?.check(call, authenticator.context)
                    return try await handler(call)
                }
            }
        }
    }

    /// Adds a route of operators, with its whole path.
    package mutating func operators(
        _ method: HTTPMethod, _ path: String, _ authenticator: Authenticator, _ info: RouteInfo,
        _ handler: @escaping @Sendable (CallerCall) async throws -> HTTPResponse
    ) {
        var info = info
        info.access = .operator
        info.authentication = .bearer
        user(method, path, authenticator, info) { call in
            try call.caller.requireOperator()
            return try await handler(call)
        }
    }

    /// Adds a route outside of any tenant, with its whole path, for users, operators and keys.
    package mutating func user(
        _ method: HTTPMethod, _ path: String, _ authenticator: Authenticator, _ info: RouteInfo,
        _ handler: @escaping @Sendable (CallerCall) async throws -> HTTPResponse
    ) {
        var info = info
        if info.access == nil { info.access = .caller }
        on(method, path, info) { request in
            try await PostgresError.answered {
                let caller = try await authenticator.caller(request, tenant: nil)
                let call = CallerCall(request: request, caller: caller, actor: AuditActor(caller, request))
                return try await caller.withRateHeaders { try await handler(call) }
            }
        }
    }
}

extension Caller {
    /// Puts what is left of a key's limit on the answer, whichever it is.
    fileprivate func withRateHeaders(_ handler: () async throws -> HTTPResponse) async throws -> HTTPResponse
    {
        guard let rateLimit else { return try await handler() }
        do {
            var response = try await handler()
            rateLimit.apply(to: &response.headers)
            return response
        } catch {
            guard var answer = (error as? PostgresError)?.answer ?? error as? APIError else { throw error }
            rateLimit.apply(to: &answer.headers)
            throw answer
        }
    }

    func require(_ requirement: Requirement, in tenant: TenantID) throws(APIError) {
        switch requirement {
        case .access: try requireAccess(to: tenant)
        case .scope(let scope): try require(scope, in: tenant)
        case .role(let role): try require(role: role, in: tenant)
        }
    }
}
