/// What came of checking one signature, in the words of RFC 8601 §2.7.1.
package enum DKIMResult: Sendable, Equatable {
    /// Good: the domain takes responsibility for the message.
    case pass
    /// The signature could be checked and is not good.
    case fail(DKIMProblem)
    /// Checking failed for now, most often because DNS did not answer. Try again later.
    case temporaryError(DKIMProblem)
    /// The signature or its key cannot be used, now or later.
    case permanentError(DKIMProblem)

    /// `pass`, `fail`, `temperror` or `permerror`, for an `Authentication-Results` field.
    package var word: String {
        switch self {
        case .pass: "pass"
        case .fail: "fail"
        case .temporaryError: "temperror"
        case .permanentError: "permerror"
        }
    }
}

/// Why a signature did not pass; the raw value is a short text for logs and `Authentication-Results`.
package enum DKIMProblem: String, Sendable {
    case syntax = "malformed signature"
    case unsupportedVersion = "unsupported version"
    case missingTag = "required tag missing"
    case unsupportedAlgorithm = "unsupported algorithm"
    case unsupportedCanonicalization = "unsupported canonicalization"
    case unsupportedQuery = "unsupported query method"
    case fromNotSigned = "From not signed"
    case identityNotInDomain = "i= not in d="
    case expired = "signature expired"
    case bodyHashMismatch = "body hash mismatch"
    case bodyShorterThanSigned = "body shorter than l="
    case badSignature = "bad signature"
    case keyLookupFailed = "key look-up failed"
    case noKey = "no key"
    case malformedKey = "malformed key"
    case keyRevoked = "key revoked"
    case keyTypeMismatch = "key of another type"
    case digestNotAllowed = "key not for this digest"
    case serviceNotAllowed = "key not for mail"
    case tooManySignatures = "too many signatures"
}
