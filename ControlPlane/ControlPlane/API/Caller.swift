import HTTP
import NodeProtocol

/// Who calls: verified, with what it may do in which tenant.
///
/// Keys and credentials belong to one tenant; a user has a role in some; an operator may do everything in
/// all.
package struct Caller: Sendable {
    package enum Kind: String, Sendable {
        case apiKey = "api_key"
        case credential, user
        case `operator`
    }

    /// The tenant that a request is for, by its path or by the key that made it; known to exist.
    package struct NamedTenant: Sendable {
        package let id: TenantID
        package let status: TenantRecord.Status
    }

    package let kind: Kind
    /// Of the key or the credential, or a user's subject (`sub`).
    package let id: String
    package var email: String?
    /// The tenant of a key or credential.
    package var homeTenant: TenantID?
    /// Whether what is sent is captured and never leaves (a test key).
    package var isTest = false
    /// When set, the only domain, with those below it, that this key sends from, manages and sees mail of.
    package var onlyDomain: String?
    /// What of its rate limit is left, for a key.
    package var rateLimit: RateLimit?
    var grantedScopes: Set<String> = []
    /// The memberships that are known to this request: those of the token, and that in the named tenant.
    var roles: [TenantID: MemberRole] = [:]
    package var namedTenant: NamedTenant?

    package init(kind: Kind, id: String) {
        self.kind = kind
        self.id = id
    }

    package var isOperator: Bool { kind == .operator }

    /// What the caller may do in a tenant as a person would. Keys have no role, whatever their scopes: one
    /// that could make keys, credentials or members could give away more than it has.
    package func role(in tenant: TenantID) -> MemberRole? {
        switch kind {
        case .operator: .owner
        case .user: roles[tenant]
        case .apiKey, .credential: nil
        }
    }

    /// The scopes in a tenant; `*` is all of them.
    package func scopes(in tenant: TenantID) -> Set<String> {
        switch kind {
        case .operator: ["*"]
        case .user: roles[tenant].map { $0 >= .member ? ["*"] : APIScope.readOnly } ?? []
        case .apiKey, .credential: homeTenant == tenant ? grantedScopes : []
        }
    }

    /// - Throws: 403 `credential_mismatch` for a key of another tenant, 404 for a user who is no member of it
    ///   (whether it exists or not), 403 `scope_missing`.
    package func require(_ scope: String, in tenant: TenantID) throws(APIError) {
        try requireAccess(to: tenant)
        let scopes = scopes(in: tenant)
        guard scopes.contains("*") || scopes.contains(scope) else {
            throw APIError(403, "scope_missing", "This needs the scope `\(scope)`.")
        }
    }

    /// As `require(_:in:)`, for what needs a role in place of a scope: keys, credentials, members, settings.
    package func require(role: MemberRole, in tenant: TenantID) throws(APIError) {
        try requireAccess(to: tenant)
        guard let own = self.role(in: tenant), own >= role else {
            throw APIError(403, "forbidden", "This needs the role `\(role.rawValue)` in the tenant.")
        }
    }

    /// Whether the caller may know of the tenant at all.
    package func requireAccess(to tenant: TenantID) throws(APIError) {
        switch kind {
        case .operator: return
        case .user: if roles[tenant] == nil { throw .tenantNotFound }
        case .apiKey, .credential:
            if homeTenant != tenant {
                throw APIError(403, "credential_mismatch", "These credentials belong to another tenant.")
            }
        }
    }

    /// Whether the caller is the tenant's own: a member, or one of its keys. An operator is neither by that
    /// alone.
    package func isOf(_ tenant: TenantID) -> Bool { homeTenant == tenant || roles[tenant] != nil }

    package func requireOperator() throws(APIError) {
        guard isOperator else { throw APIError(403, "forbidden", "Only operators may do this.") }
    }

    /// - Throws: 403 `tenant_not_active` when the named tenant is suspended or blocked; not for operators.
    package func requireActiveTenant() throws(APIError) {
        guard let namedTenant, namedTenant.status != .active, !isOperator else { return }
        throw APIError(403, "tenant_not_active", "The tenant is \(namedTenant.status.rawValue).")
    }
}

extension APIError {
    package static var tenantNotFound: APIError {
        APIError(404, "tenant_not_found", "There is no such tenant.")
    }

    /// - Parameter kind: such as `domain`.
    package static func noSuch(_ kind: String) -> APIError {
        APIError(
            404, "\(kind.replacing(" ", with: "_"))_not_found", "There is no such \(kind).")
    }

    package static func invalid(_ field: String, _ reason: String) -> APIError {
        APIError(400, "invalid_field", "`\(field)` \(reason).", field: field)
    }
}
