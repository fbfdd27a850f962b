import Admission
import HTTP
import NodeProtocol
import Relay

/// What every sending route does before it looks at the body: who calls, may it, not too often.
struct AuthenticatedCall {
    let principal: Principal
    /// How the rate stands with this request, when it took one and there is a limit.
    let standing: Meters.Standing?

    /// - Throws: 401, 403 or 429, in this order.
    init(
        _ request: HTTPRequest, intake: any Intake, tenant: TenantID? = nil, scope: String,
        takesRate: Bool = true
    ) throws(APIError) {
        let credential = try CallerCredential.read(request)
        do throws(Refusal) {
            principal = try intake.authenticate(
                credential, tenant: tenant, sourceIP: request.remoteAddress.ip)
            try principal.require(scope)
        } catch { throw error.apiError }
        // The node that passed the request on has taken one.
        let takesRate = takesRate && !PlaneRelay.isRelayedByNode(request)
        do throws(Refusal) { standing = takesRate ? try intake.takeRate(principal) : nil } catch {
            var shown = error.apiError
            let limits = [principal.requestsPerMinute, principal.tenant.limits.messagesPerMinute].compactMap(
                \.self)
            if error.code == .rateLimited, let limit = limits.min() {
                shown.headers.append(
                    contentsOf: Self.fields(
                        Meters.Standing(
                            limit: limit, remaining: 0, resetSeconds: error.retryAfterSeconds ?? 60)))
            }
            throw shown
        }
    }

    /// Runs what makes the answer; the answer, and a refusal as well, tells how the rate stands.
    func answer(_ body: () async throws -> HTTPResponse) async throws -> HTTPResponse {
        do {
            var response = try await body()
            // In place of those that a relayed answer may carry.
            if let standing {
                for (name, value) in Self.fields(standing).all { response.headers[name] = value }
            }
            return response
        } catch let error as APIError {
            var shown = error
            if let standing { shown.headers.append(contentsOf: Self.fields(standing)) }
            throw shown
        }
    }

    /// The headers that tell how a rate stands.
    static func fields(_ standing: Meters.Standing) -> HTTPHeaders {
        [
            "RateLimit-Limit": String(standing.limit), "RateLimit-Remaining": String(standing.remaining),
            "RateLimit-Reset": String(standing.resetSeconds),
        ]
    }
}
