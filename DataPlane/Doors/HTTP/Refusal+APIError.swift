import Admission
import HTTP

extension Refusal {
    /// The status of HTTP for each refusal, the same for all dialects; each prints code and text in its own
    /// shape.
    package var apiError: APIError {
        var headers: HTTPHeaders = [:]
        if code == .unauthenticated { headers.append("WWW-Authenticate", "Bearer, Basic realm=\"dispatch\"") }
        return APIError(
            status, code.rawValue, message, field: field, retryAfterSeconds: retryAfterSeconds,
            headers: headers)
    }

    private var status: HTTPStatus {
        switch code {
        case .unauthenticated: 401
        case .scopeMissing, .sourceAddressNotAllowed, .tenantNotActive, .credentialMismatch,
            .domainNotVerified:
            403
        case .tenantNotFound, .templateNotFound: 404
        case .invalid, .missing, .headerNotAllowed, .tooManyRecipients, .recipientSuppressed, .mailLoop,
            .missingVariable, .invalidVariable:
            400
        case .quotaExceeded: 400
        case .messageTooLarge, .batchTooLarge: 413
        case .idempotencyKeyReused, .requestInProgress, .notScheduled: 409
        case .rateLimited, .dailyQuotaExceeded: 429
        case .storageFull: 507
        case .storageFailed, .overloaded, .stopping, .notConfigured: 503
        }
    }
}
