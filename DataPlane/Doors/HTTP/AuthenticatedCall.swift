import Admission
import HTTP
import NodeProtocol
import Relay

/// What every route of a door does before it looks at the body: who calls, may it, not too often.
///
/// A call takes one from the rate before its body is read, whatever becomes of it. That is for the first
/// message; a batch takes for the others once it knows how many they are (`AuthenticatedCall+Batch`). Used by
/// one task.
final class AuthenticatedCall {
    let principal: Principal
    let intake: any Intake
    /// How the rate stands with what this call has taken, when it took any and there is a limit.
    private var standing: Meters.Standing?

    /// - Parameters:
    ///   - tenant: whom the path names, when it names one.
    ///   - use: what one is taken for from the rate; nil: nothing.
    /// - Throws: 401, 403 or 429, in this order.
    init(
        _ request: HTTPRequest, intake: any Intake, tenant: TenantID? = nil, scope: String,
        for use: Meters.Use? = .sending
    ) throws(APIError) {
        self.intake = intake
        let credential = try CallerCredential.read(request)
        do throws(Refusal) {
            principal = try intake.authenticate(
                credential, tenant: tenant, sourceIP: request.remoteAddress.ip)
            try principal.require(scope)
        } catch { throw error.apiError }
        // The node that passed the request on has taken one.
        guard let use, !PlaneRelay.isRelayedByNode(request) else { return }
        do throws(Meters.RateExceeded) {
            standing = try intake.takeRate(principal, count: 1, for: use)
        } catch {
            var shown = error.refusal.apiError
            Self.tell(error.standing, in: &shown.headers)
            throw shown
        }
    }

    /// Takes for so many messages, or for none.
    func takeRate(_ count: Int) throws(Meters.RateExceeded) {
        standing = try intake.takeRate(principal, count: count, for: .sending) ?? standing
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
            // Who answered in place of this node may have taken more from a rate of its own.
            let told = response.headers["RateLimit-Remaining"].flatMap { Int($0) } ?? .max
            if let standing, standing.remaining <= told { Self.tell(standing, in: &response.headers) }
            return response
        } catch let error as APIError {
            var shown = error
            if let standing { Self.tell(standing, in: &shown.headers) }
            throw shown
        }
    }

    /// Sets the headers that tell how a rate stands.
    private static func tell(_ standing: Meters.Standing, in headers: inout HTTPHeaders) {
        headers["RateLimit-Limit"] = String(standing.limit)
        headers["RateLimit-Remaining"] = String(standing.remaining)
        headers["RateLimit-Reset"] = String(standing.resetSeconds)
    }
}
