import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Finds out who calls: an API key, a credential of a tenant, or a user by token.
///
/// It promises that whoever gets a `Caller` for a named tenant may know of that tenant, and that a key has
/// requests left in this minute. Keys, credentials, accounts and memberships are read at each request, so
/// that what was revoked is refused at once. It fails with 401, 403 `credential_mismatch` and
/// `source_address_not_allowed`, 404 `tenant_not_found`, 429, and `PostgresError`.
package struct Authenticator: Sendable {
    let context: ControlContext
    private let meter = RateMeter()

    package init(_ context: ControlContext) { self.context = context }

    /// - Parameter tenant: the one that the path names.
    package func caller(_ request: HTTPRequest, tenant: TenantID?) async throws -> Caller {
        var caller = try await verified(request, tenant)
        if let tenant {
            try caller.requireAccess(to: tenant)
            guard caller.namedTenant != nil else { throw APIError.tenantNotFound }
        }
        if caller.kind == .apiKey, let limit = caller.rateLimit?.limit {
            caller.rateLimit = try meter.take(caller.id, limit: limit, now: context.clock())
        }
        return caller
    }

    /// The caller of a route that names no tenant, and whose tenant it is: that of the key or the credential,
    /// or the only one that a user's token names. Nodes decide the same.
    ///
    /// - Returns: nil for the tenant of a token that names none, or several.
    package func callerAtHome(_ request: HTTPRequest) async throws -> (Caller, TenantID?) {
        if case .token(let token) = try PresentedCredential(request),
            let named = context.tokens.verify(token, now: context.nowSeconds)?.tenants, named.count == 1,
            let only = named.keys.first
        {
            let caller = try await caller(request, tenant: only)
            // An operator is let in everywhere, but at home only where he is a member.
            return (caller, caller.isOf(only) ? only : nil)
        }
        let caller = try await caller(request, tenant: nil)
        return (caller, caller.homeTenant)
    }

    /// Whether the credentials are good, for a request that another plane decides. Takes nothing from a rate.
    package func knows(_ request: HTTPRequest) async throws -> Bool {
        do {
            _ = try await verified(request, nil)
            return true
        } catch let error as APIError where [401, 403].contains(error.status.code) { return false }
    }

    private func verified(_ request: HTTPRequest, _ tenant: TenantID?) async throws -> Caller {
        switch try PresentedCredential(request) {
        case .apiKey(let key): try await holder(of: key, from: request.remoteAddress, tenant)
        case .password(let username, let password): try await holder(username, password, tenant)
        case .token(let token): try await user(token, tenant)
        }
    }

    // MARK: Keys and credentials

    private func holder(of key: String, from address: SocketAddress, _ tenant: TenantID?) async throws
        -> Caller
    {
        let hash = Digest.sha256(key)
        let found = try await context.pool.transaction(as: .system) { connection -> KeyRow? in
            let rows = try await connection.query(
                """
                SELECT k.tenant_id, k.id, k.scopes, k.mode, k.domain, k.rate_per_minute,
                    k.allowed_cidrs::text[] AS allowed_cidrs, t.status,
                    coalesce(k.last_used_at < now() - interval '1 minute', true) AS use_is_old
                FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
                WHERE k.hash = \(hash) AND k.revoked_at IS NULL
                    AND (k.expires_at IS NULL OR k.expires_at > now())
                """)
            guard let row = rows.first else { return nil }
            let key = try KeyRow(row)
            if try row["use_is_old"] {
                try await connection.query(
                    """
                    UPDATE api_keys SET last_used_at = now()
                    WHERE tenant_id = \(key.tenant.uuid) AND id = \(key.id)
                    """)
            }
            return key
        }
        guard let found else { throw APIError.unauthenticated() }
        guard found.networks.isEmpty || found.networks.contains(where: { $0.contains(address) }) else {
            throw APIError(
                403, "source_address_not_allowed", "This API key may not be used from \(address.ip).")
        }
        var caller = Caller(kind: .apiKey, id: found.id.text)
        caller.homeTenant = found.tenant
        caller.grantedScopes = Set(found.scopes)
        caller.isTest = found.isTest
        caller.onlyDomain = found.domain
        caller.rateLimit = RateLimit(limit: found.requestsPerMinute, remaining: 0, resetSeconds: 0)
        if tenant == nil || tenant == found.tenant {
            caller.namedTenant = .init(id: found.tenant, status: found.status)
        }
        return caller
    }

    private func holder(_ username: String, _ password: String, _ tenant: TenantID?) async throws -> Caller {
        let hash = Digest.sha256(password)
        let found = try await context.pool.transaction(as: .system) { connection -> CredentialRow? in
            let rows = try await connection.query(
                """
                SELECT c.tenant_id, c.id, c.password_hash, t.status,
                    coalesce(c.last_used_at < now() - interval '1 minute', true) AS use_is_old
                FROM credentials c JOIN tenants t ON t.id = c.tenant_id
                WHERE c.username = lower(\(username)) AND c.revoked_at IS NULL
                """)
            guard let row = rows.first, constantTimeEqual(try row["password_hash", as: [UInt8].self], hash)
            else {
                return nil
            }
            let credential = try CredentialRow(row)
            if try row["use_is_old"] {
                try await connection.query(
                    """
                    UPDATE credentials SET last_used_at = now()
                    WHERE tenant_id = \(credential.tenant.uuid) AND id = \(credential.id)
                    """)
            }
            return credential
        }
        guard let found else { throw APIError.unauthenticated() }
        var caller = Caller(kind: .credential, id: found.id.text)
        caller.homeTenant = found.tenant
        caller.grantedScopes = APIScope.ofCredentials
        if tenant == nil || tenant == found.tenant {
            caller.namedTenant = .init(id: found.tenant, status: found.status)
        }
        return caller
    }

    // MARK: Users

    private func user(_ token: String, _ tenant: TenantID?) async throws -> Caller {
        guard let user = context.tokens.verify(token, now: context.nowSeconds) else {
            throw APIError.unauthenticated("The token is not valid.")
        }
        let standing = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await UserStanding.read(user, tenant, connection)
        }
        guard let standing else { throw APIError.unauthenticated("The token is not valid any more.") }
        var caller = Caller(kind: standing.isOperator ? .operator : .user, id: user.subject)
        caller.email = standing.email
        // Our own tokens are as old as their log-in: what is stored now counts.
        caller.roles = user.isLocal ? [:] : user.tenants ?? [:]
        if let tenant {
            if caller.roles[tenant] == nil { caller.roles[tenant] = standing.role }
            caller.namedTenant = standing.tenantStatus.map { .init(id: tenant, status: $0) }
        }
        return caller
    }
}
