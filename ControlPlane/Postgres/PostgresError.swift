/// What went wrong with the database, by what the caller can do about it.
///
/// No description holds a bound value or a row: it may go to a log. It is not meant for a customer.
package enum PostgresError: Error, Sendable, Equatable {
    /// The server refused the statement; the session goes on.
    case server(ServerError)
    /// No session can be had: the server is away, refuses us or is shutting down. An API answers 503.
    case unavailable(String)
    /// The session broke while a statement was under way. Its transaction is undone by the server.
    case connectionLost(String)
    /// The session broke after COMMIT was sent: the transaction may or may not have happened.
    case commitUnknown(String)
    /// The statement took longer than its limit.
    case timedOut
    /// Every connection is in use and the waiting list is full, or the wait took too long. An API answers
    /// 503.
    case poolExhausted
    /// A statement failed inside the transaction and the body went on all the same: nothing was stored.
    case transactionAborted
    /// Two tasks used one connection at once, or it was used after its end: a mistake in our code.
    case misuse(String)
    /// A bound value that PostgreSQL cannot hold, such as text with a zero byte. `position` counts from 1.
    case invalidParameter(position: Int, reason: String)
    /// A column that is missing, null or of another type than the caller asked for.
    case decoding(column: String, reason: String)

    /// The condition that the server named, when it was the server that refused.
    package var sqlState: SQLState? {
        if case .server(let error) = self { error.sqlState } else { nil }
    }

    /// The name of the constraint that was violated.
    package var constraint: String? {
        if case .server(let error) = self { error.constraint } else { nil }
    }

    /// Whether the same transaction may succeed when it is run again from its start.
    package var isRetryable: Bool {
        switch self {
        case .server(let error):
            error.sqlState == .serializationFailure || error.sqlState == .deadlockDetected
                || error.isStalePlan
        default: false
        }
    }

    /// Whether the cause lies with the server's presence and load and not with the request: an API answers
    /// 503.
    package var isUnavailable: Bool {
        switch self {
        case .unavailable, .connectionLost, .commitUnknown, .timedOut, .poolExhausted: true
        default: false
        }
    }

    /// Whether this violates the unique, foreign key or check constraint of that name.
    package func violates(_ constraint: String) -> Bool {
        sqlState?.conditionClass == "23" && self.constraint == constraint
    }
}

/// A refusal of the server: its condition and the names of what it concerns, but no values.
package struct ServerError: Sendable, Equatable, CustomStringConvertible {
    package let sqlState: SQLState
    package let constraint: String?
    package let table: String?
    package let column: String?
    /// The server's sentence, withheld for class 22 because there it quotes the value.
    package let message: String?

    /// A prepared statement outlived the columns that it was prepared for; preparing it anew cures it.
    var isStalePlan: Bool {
        sqlState == .featureNotSupported && message?.contains("cached plan must not change") == true
    }

    package var description: String {
        var text = "SQLSTATE \(sqlState)"
        if let message { text += ": \(message)" }
        if let table { text += " (table \(table))" }
        if let column { text += " (column \(column))" }
        if let constraint { text += " (constraint \(constraint))" }
        return text
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .server(let error): "PostgreSQL refused: \(error)"
        case .unavailable(let reason): "PostgreSQL is not available: \(reason)"
        case .connectionLost(let reason): "the connection to PostgreSQL broke: \(reason)"
        case .commitUnknown(let reason): "the connection to PostgreSQL broke during COMMIT: \(reason)"
        case .timedOut: "the statement took longer than its limit"
        case .poolExhausted: "no free connection to PostgreSQL"
        case .transactionAborted: "the transaction was undone because a statement in it had failed"
        case .misuse(let reason): "wrong use of a PostgreSQL connection: \(reason)"
        case .invalidParameter(let position, let reason): "parameter $\(position): \(reason)"
        case .decoding(let column, let reason): "column \(column): \(reason)"
        }
    }
}
