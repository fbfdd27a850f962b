import Admission
import HTTP
import NodeProtocol
import Relay

/// What every sending route does before it looks at the body: who calls, may it, not too often.
///
/// A call takes one from the rate before its body is read, whatever becomes of it. That is for the first
/// message; a batch takes for the others once it knows how many they are (`AuthenticatedCall+Batch`). Used by
/// one task.
final class AuthenticatedCall {
    let principal: Principal
    let intake: any Intake
    /// How the rate stands with what this call has taken, when it took any and there is a limit.
    private var standing: Meters.Standing?

    /// - Throws: 401, 403 or 429, in this order.
    init(
        _ request: HTTPRequest, intake: any Intake, tenant: TenantID? = nil, scope: String,
        takesRate: Bool = true
    ) throws(APIError) {
        self.intake = intake
        let credential = try CallerCredential.read(request)
        do throws(Refusal) {
            principal = try intake.authenticate(
                credential, tenant: tenant, sourceIP: request.remoteAddress.ip)
            try principal.require(scope)
        } catch { throw error.apiError }
        // The node that passed the request on has taken one.
        guard takesRate, !PlaneRelay.isRelayedByNode(request) else { return }
        do throws(Meters.RateExceeded) { try takeRate(1) } catch {
            var shown = error.refusal.apiError
            shown.headers.append(contentsOf: Self.fields(error.standing))
            throw shown
        }
    }

    /// Takes so many at once, or none.
    func takeRate(_ count: Int) throws(Meters.RateExceeded) {
        standing = try intake.takeRate(principal, count: count) ?? standing
    }

    /// Gives back what messages that came to nothing have taken.
    func returnRate(_ count: Int) {
        intake.returnRate(principal, count: count)
        standing = standing.map {
            Meters.Standing(
                limit: $0.limit, remaining: $0.remaining + count, resetSeconds: $0.resetSeconds)
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
    private static func fields(_ standing: Meters.Standing) -> HTTPHeaders {
        [
            "RateLimit-Limit": String(standing.limit), "RateLimit-Remaining": String(standing.remaining),
            "RateLimit-Reset": String(standing.resetSeconds),
        ]
    }
}
