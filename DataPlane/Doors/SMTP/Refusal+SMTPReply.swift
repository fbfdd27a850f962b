import Admission
import SMTPWire

extension Refusal {
    /// One reply for each refusal: 4xx for what may pass later (RFC 5321 §4.2.1, RFC 3463).
    var smtpReply: SMTPReply {
        switch code {
        case .unauthenticated: SMTPReply(535, .init(5, 7, 8), "Authentication credentials invalid")
        case .scopeMissing, .sourceAddressNotAllowed, .tenantNotActive, .tenantNotFound, .credentialMismatch,
            .domainNotVerified,
            .recipientSuppressed, .quotaExceeded, .idempotencyKeyReused, .notScheduled:
            SMTPReply(550, .init(5, 7, 1), message)
        case .invalid, .missing, .headerNotAllowed, .templateNotFound, .missingVariable, .invalidVariable:
            SMTPReply(550, .init(5, 6, 0), field.map { "\($0): \(message)" } ?? message)
        case .messageTooLarge, .batchTooLarge: SMTPReply(552, .init(5, 3, 4), message)
        case .tooManyRecipients: SMTPReply(550, .init(5, 5, 3), message)
        case .mailLoop: SMTPReply(554, .init(5, 4, 6), message)
        case .rateLimited, .dailyQuotaExceeded, .requestInProgress: SMTPReply(450, .init(4, 7, 1), message)
        case .storageFull: SMTPReply(452, .init(4, 3, 1), message)
        case .storageFailed: SMTPReply(451, .init(4, 3, 0), message)
        case .overloaded: SMTPReply(451, .init(4, 3, 2), message)
        case .stopping: SMTPReply(421, .init(4, 3, 2), message)
        case .notConfigured: SMTPReply(451, .init(4, 3, 5), message)
        }
    }
}
