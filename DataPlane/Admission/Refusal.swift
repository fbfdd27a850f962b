/// Why something was not accepted, in words that may be shown to the caller. Each door prints it in its own
/// shape.
package struct Refusal: Error, Sendable, Equatable {
    /// Stable; a door maps each to one status of its protocol.
    package enum Code: String, Sendable, CaseIterable {
        case unauthenticated
        case scopeMissing = "scope_missing"
        case sourceAddressNotAllowed = "source_address_not_allowed"
        case tenantNotActive = "tenant_not_active"
        case credentialMismatch = "credential_mismatch"
        case domainNotVerified = "domain_not_verified"
        case tenantNotFound = "tenant_not_found"
        case templateNotFound = "template_not_found"
        case missingVariable = "missing_variable"
        case invalidVariable = "invalid_variable"
        case invalid = "invalid_field"
        case missing = "missing_field"
        case headerNotAllowed = "header_not_allowed"
        case messageTooLarge = "message_too_large"
        /// Of messages that go together or not at all.
        case batchTooLarge = "batch_too_large"
        case tooManyRecipients = "too_many_recipients"
        case recipientSuppressed = "recipient_suppressed"
        case quotaExceeded = "quota_exceeded"
        case dailyQuotaExceeded = "daily_quota_exceeded"
        case rateLimited = "rate_limited"
        case mailLoop = "mail_loop"
        case idempotencyKeyReused = "idempotency_key_reused"
        case requestInProgress = "request_in_progress"
        /// The message waits for no time any more.
        case notScheduled = "not_scheduled"
        case storageFull = "storage_full"
        case storageFailed = "storage_failed"
        case overloaded
        case stopping
        case notConfigured = "not_configured"

        /// Whether the same thing may be accepted later without being changed. No answer that tells of such a
        /// refusal is the last word on a request.
        package var isTemporary: Bool {
            switch self {
            case .rateLimited, .dailyQuotaExceeded, .requestInProgress, .storageFull, .storageFailed,
                .overloaded, .stopping, .notConfigured:
                true
            case .unauthenticated, .scopeMissing, .sourceAddressNotAllowed, .tenantNotActive,
                .credentialMismatch, .domainNotVerified, .tenantNotFound, .templateNotFound, .missingVariable,
                .invalidVariable, .invalid, .missing, .headerNotAllowed, .messageTooLarge, .batchTooLarge,
                .tooManyRecipients, .recipientSuppressed, .quotaExceeded, .mailLoop, .idempotencyKeyReused,
                .notScheduled:
                false
            }
        }
    }

    package let code: Code
    /// One sentence.
    package let message: String
    /// The path of the field that is at fault, such as `to[1]`.
    package let field: String?
    package let retryAfterSeconds: Int?

    package init(_ code: Code, _ message: String, field: String? = nil, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
    }

    package var isTemporary: Bool { code.isTemporary }
}
