import HTTP
import Postgres

extension PostgresError {
    /// What a caller is told; nil for what is our own fault, which becomes a 500.
    package var answer: APIError? {
        if isUnavailable {
            return APIError(
                503, "database_unavailable", "The database cannot be reached at the moment; try again.",
                retryAfterSeconds: 2)
        }
        if case .invalidParameter = self {
            return APIError(400, "invalid_field", "A text holds a character that cannot be stored.")
        }
        switch sqlState {
        case .uniqueViolation?: return APIError(409, "already_exists", "There is such a record already.")
        case .foreignKeyViolation?:
            return APIError(400, "invalid_reference", "A record that the request names does not exist.")
        case .checkViolation?, .stringDataRightTruncation?, .numericValueOutOfRange?,
            .invalidTextRepresentation?:
            return APIError(400, "invalid_field", "A value is outside of what is allowed.")
        case .serializationFailure?, .deadlockDetected?, .lockNotAvailable?:
            return APIError(
                503, "busy", "Somebody else changes the same record; try again.", retryAfterSeconds: 1)
        default: return nil
        }
    }

    /// Runs `body` and gives its database errors the shape that a caller may see.
    package static func answered<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as PostgresError {
            if let answer = error.answer { throw answer }
            throw error
        }
    }
}
