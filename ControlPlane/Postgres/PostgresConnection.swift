import CPostgres
import EventLoop
import Glibc

/// One session with PostgreSQL, driven by libpq without blocking on the event loop that it was made on.
///
/// It promises: values are bound, never spliced; a statement ends within its time limit or the session is
/// closed; a refused statement leaves the session usable; a broken session says so in every later call.
/// It fails with `PostgresError`. One task uses it at a time: a second call during the first is `misuse`.
/// Limits: one statement under way; a result is held in memory whole, so big reads are paged by the caller.
///
/// `@unchecked Sendable` because every member is touched on `loop` alone, which each entry asserts.
package final class PostgresConnection: @unchecked Sendable {
    package let loop: EventLoop
    let configuration: PostgresConfiguration
    /// libpq's handle; nil once the connection is closed.
    var handle: OpaquePointer?
    /// A statement or a wait for notifications is under way.
    private var isBusy = false
    private var closesWhenIdle = false
    var statements = StatementCache()
    /// Nothing but its own settings has run on it yet.
    var isFresh = true
    /// Whose plans the prepared statements of the current transaction are.
    var scope = TenantScope.login

    init(handle: OpaquePointer, configuration: PostgresConfiguration, loop: EventLoop) {
        self.handle = handle
        self.configuration = configuration
        self.loop = loop
    }

    deinit { if let handle { PQfinish(handle) } }

    /// Whether the session can take a statement, as far as can be told without asking the server: notices an
    /// end of the connection that has already arrived.
    package var isUsable: Bool {
        guard let handle, !closesWhenIdle, PQstatus(handle) == CONNECTION_OK else { return false }
        // A farewell of the server and the end of the stream can lie behind one another.
        for _ in 0..<8 {
            guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else { return false }
            var byte: UInt8 = 0
            let peeked = recv(PQsocket(handle), &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
            if peeked == 0 { return false }
            if peeked < 0 { return errno == EAGAIN || errno == EINTR }
        }
        return true
    }

    /// Whether a transaction is open, be it whole or failed.
    package var isInTransaction: Bool {
        guard let handle else { return false }
        return PQtransactionStatus(handle) != PQTRANS_IDLE
    }

    /// The server's process for this session (`pg_stat_activity.pid`).
    package var backendProcessID: Int { handle.map { Int(PQbackendPID($0)) } ?? 0 }

    /// The server's version, such as 150018 for 15.18.
    package var serverVersion: Int { handle.map { Int(PQserverVersion($0)) } ?? 0 }

    /// Ends the session. A call that is under way on this loop fails with `connectionLost`.
    package func close() {
        guard let handle else { return }
        guard !isBusy else {
            // The waiting task still watches the socket: wake it, and let it finish the handle.
            closesWhenIdle = true
            _ = shutdown(PQsocket(handle), Int32(SHUT_RDWR))
            return
        }
        self.handle = nil
        statements = StatementCache()
        PQfinish(handle)
    }

    /// Takes the connection for one exchange with the server.
    func acquire() throws(PostgresError) -> OpaquePointer {
        precondition(loop.isCurrent, "a PostgreSQL connection was used away from its loop")
        guard !isBusy else { throw .misuse("another statement is under way") }
        guard let handle, !closesWhenIdle else { throw .connectionLost("it is closed") }
        isBusy = true
        return handle
    }

    func release() {
        isBusy = false
        if closesWhenIdle { close() }
    }

    /// Ends a session that is in no state to be used again.
    func abandon() { closesWhenIdle = true }

    /// libpq's words on what is wrong with the connection, on one line.
    static func message(_ handle: OpaquePointer) -> String {
        guard let text = PQerrorMessage(handle) else { return "" }
        return String(cString: text).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
