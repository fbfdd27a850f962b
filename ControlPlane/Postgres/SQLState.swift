/// The five characters with which PostgreSQL names a condition (its manual, appendix A).
///
/// Only the conditions that some caller reacts to have a name here; any other still compares by its code.
package struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let notNullViolation = SQLState(rawValue: "23502")
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    package static let uniqueViolation = SQLState(rawValue: "23505")
    package static let checkViolation = SQLState(rawValue: "23514")
    package static let exclusionViolation = SQLState(rawValue: "23P01")
    package static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    package static let stringDataRightTruncation = SQLState(rawValue: "22001")
    package static let numericValueOutOfRange = SQLState(rawValue: "22003")
    package static let inFailedTransaction = SQLState(rawValue: "25P02")
    package static let readOnlyTransaction = SQLState(rawValue: "25006")
    package static let serializationFailure = SQLState(rawValue: "40001")
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    package static let syntaxError = SQLState(rawValue: "42601")
    package static let undefinedColumn = SQLState(rawValue: "42703")
    package static let undefinedTable = SQLState(rawValue: "42P01")
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    package static let queryCancelled = SQLState(rawValue: "57014")
    package static let adminShutdown = SQLState(rawValue: "57P01")
    package static let crashShutdown = SQLState(rawValue: "57P02")
    package static let cannotConnectNow = SQLState(rawValue: "57P03")
    package static let idleSessionTimeout = SQLState(rawValue: "57P05")
    package static let idleInTransactionTimeout = SQLState(rawValue: "25P03")
    package static let featureNotSupported = SQLState(rawValue: "0A000")
    package static let raisedException = SQLState(rawValue: "P0001")

    /// The first two characters: the class of the condition.
    package var conditionClass: Substring { rawValue.prefix(2) }

    /// The server ended the session on purpose: the connection is gone, the statement may be tried on
    /// another.
    var endsSession: Bool {
        switch self {
        case .adminShutdown, .crashShutdown, .cannotConnectNow, .idleSessionTimeout,
            .idleInTransactionTimeout:
            true
        default: conditionClass == "08"
        }
    }

    package var description: String { rawValue }
}
