import Admission
import HTTP
import NodeProtocol

/// What every sending route does before it looks at the body: who calls, may it, not too often.
struct AuthenticatedCall {
    let principal: Principal
    private let standing: Meters.Standing?

    /// - Throws: 401, 403 or 429, in this order.
    init(
        _ request: HTTPRequest, intake: any Intake, tenant: TenantID? = nil, scope: String, takesRate: Bool = true
    ) throws(APIError) {
        let credential = try CallerCredential.read(request)
        do throws(Refusal) {
            principal = try intake.authenticate(
                credential, tenant: tenant, sourceIP: request.remoteAddress.ip)
            try principal.require(scope)
            standing = takesRate ? try intake.takeRate(principal) : nil
        } catch { throw error.apiError }
    }

    /// The answer with the headers that tell how the rate stands.
    func finish(_ response: HTTPResponse) -> HTTPResponse {
        guard let standing else { return response }
        return response.header("RateLimit-Limit", standing.limit)
            .header("RateLimit-Remaining", standing.remaining)
            .header("RateLimit-Reset", standing.resetSeconds)
    }
}
