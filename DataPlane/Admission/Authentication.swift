import Crypto
import FoundationEssentials
import NodeProtocol

/// Finds out who calls. Pure: the snapshot and the time are given.
package enum Authentication {
    /// The claims of a user's token beside the registered ones.
    private struct UserClaims: Decodable {
        let tenants: [String: MemberRole]?
        let role: String?
        let iat: Double?
    }

    /// - Parameters:
    ///   - tenant: the tenant that the path names, when it names one.
    ///   - sourceIP: the caller's address in its usual form.
    ///   - now: seconds since 1970.
    /// - Throws: `.unauthenticated`, `.credentialMismatch`, `.tenantNotFound` for a user who is no member,
    ///   `.sourceAddressNotAllowed`, `.tenantNotActive`.
    package static func authenticate(
        _ presented: PresentedCredential, tenant: TenantID?, sourceIP: String, snapshot: Snapshot, now: Int64
    ) throws(Refusal) -> Principal {
        let principal: Principal
        switch presented {
        case .bearer(let token) where token.hasPrefix("dsp_"):
            principal = try key(token, sourceIP: sourceIP, snapshot: snapshot, now: now)
        case .bearer(let token):
            principal = try user(token, tenant: tenant, snapshot: snapshot, now: now)
        case .basic(let username, let password):
            guard let found = snapshot.credential(username: username, password: password) else {
                throw Refusal(.unauthenticated, "the username or the password is wrong")
            }
            principal = Principal(
                tenant: found.tenant, origin: .credential,
                originID: found.credential.id.text,
                scopes: credentialScopes)
        case .trustedNetwork(let id):
            guard let tenant = snapshot.tenant(id) else {
                throw Refusal(.unauthenticated, "the tenant of the trusted network is not known")
            }
            principal = Principal(
                tenant: tenant, origin: .network, originID: sourceIP, scopes: networkScopes)
        }
        if let tenant, principal.tenant.id != tenant {
            throw Refusal(.credentialMismatch, "these credentials belong to another tenant")
        }
        guard principal.tenant.status == .active else {
            throw Refusal(.tenantNotActive, "the tenant is \(principal.tenant.status.rawValue)")
        }
        return principal
    }

    // Made once: a set costs more than the rest of finding out who calls.
    private static let credentialScopes: Set = ["emails:send", "emails:read"]
    private static let networkScopes: Set = ["emails:send"]

    private static func key(
        _ token: String, sourceIP: String, snapshot: Snapshot, now: Int64
    ) throws(Refusal) -> Principal {
        guard let (tenant, key) = snapshot.apiKey(token), key.expiresAt.map({ $0 > now }) ?? true else {
            throw Refusal(.unauthenticated, "the API key is not valid")
        }
        if !key.allowedCIDRs.isEmpty {
            let address = IPNetwork.bytes(of: sourceIP)
            let networks = key.allowedCIDRs.compactMap { IPNetwork($0) }
            guard let address, networks.contains(where: { $0.contains(address) }) else {
                throw Refusal(.sourceAddressNotAllowed, "this API key may not be used from \(sourceIP)")
            }
        }
        return Principal(
            tenant: tenant, origin: .apiKey, originID: key.id.text,
            scopes: Set(key.scopes),
            isTest: key.isTest, onlyDomain: key.domain, requestsPerMinute: key.requestsPerMinute)
    }

    private static func user(
        _ token: String, tenant: TenantID?, snapshot: Snapshot, now: Int64
    ) throws(Refusal) -> Principal {
        let invalid = Refusal(.unauthenticated, "the token is not valid")
        guard let claims = try? snapshot.tokenVerifier.verify(token, now: Int(now)),
            let subject = claims.subject,
            let user = try? claims.decode(UserClaims.self)
        else { throw invalid }
        // Compared as `Double`: a claim may be any number, and not every number is an `Int64`.
        if let voidBefore = snapshot.global.tokensVoidBefore[subject], user.iat ?? 0 < Double(voidBefore) {
            throw invalid
        }
        guard let id = tenant ?? onlyTenant(of: user) else {
            throw Refusal(.credentialMismatch, "the token does not say for which tenant it is used")
        }
        guard let record = snapshot.tenant(id), let role = role(of: user, subject, in: record) else {
            // Whether it exists is nobody's business but its members'.
            throw Refusal(.tenantNotFound, "there is no such tenant")
        }
        return Principal(
            tenant: record, origin: .user, originID: subject,
            scopes: role >= .member ? ["*"] : ["emails:read"])
    }

    private static func onlyTenant(of user: UserClaims) -> TenantID? {
        guard let tenants = user.tenants, tenants.count == 1 else { return nil }
        return tenants.keys.first.flatMap { TenantID(text: $0) }
    }

    private static func role(of user: UserClaims, _ subject: String, in tenant: TenantRecord) -> MemberRole? {
        if user.role == "operator" { return .owner }
        // A membership may be younger than the token.
        return user.tenants?.first { TenantID(text: $0.key) == tenant.id }?.value
            ?? tenant.members.first { $0.subject == subject }?.role
    }
}
