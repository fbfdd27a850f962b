import Admission
import HTTP
import NodeProtocol
import Relay

/// The emails API on a node: sends, and changes of what this node still holds. Everything else of it is the
/// control plane's. Resend's clients speak it too.
struct EmailsDoor: Sendable {
    let intake: any Intake
    let idempotency: IdempotencyKeys
    /// Asks the control plane about what this node does not hold.
    let relay: Router.Fallback

    func add(to router: inout Router) {
        router.on(.post, EmailsRoutes.path, EmailsRoutes.send, send)
        router.on(.post, EmailsRoutes.batchPath, EmailsRoutes.batch, sendBatch)
        router.on(.post, EmailsRoutes.cancelPath, EmailsRoutes.cancel, cancel)
        router.on(.patch, EmailsRoutes.onePath, EmailsRoutes.update, update)
        router.on(.post, EmailsRoutes.resendPath, EmailsRoutes.resend, sendAgain)
    }

    /// The answer of the control plane about a message that is not here.
    func elsewhere(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let answer = try await relay(request, .noPath) else { throw Self.unknown }
        return answer
    }

    static var unknown: APIError { APIError(404, "email_not_found", "There is no such email.") }
}

extension Refusal {
    /// This dialect's clients tell the month's quota from other refusals by its status.
    var emailsError: APIError {
        var error = apiError
        if code == .quotaExceeded { error.status = 402 }
        return error
    }
}
