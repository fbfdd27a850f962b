import CPostgres
import EventLoop

/// What `NOTIFY` sent to a channel that this session listens to.
package struct PostgresNotification: Sendable, Equatable {
    package let channel: String
    package let payload: String
}

extension PostgresConnection {
    /// Starts listening; from now on no notification of `channel` is missed while the session lives.
    package func listen(to channel: String) async throws(PostgresError) {
        try await query("LISTEN \(identifier: channel)")
    }

    /// The next notification in the order of their commits, waiting for it when none has come yet.
    ///
    /// Gives nil when `timeout` passes without one. Throws `connectionLost` when the session ends, also when
    /// `close` ends it: whoever listens then reads its whole state anew, because notifications were missed.
    package func nextNotification(timeout: Duration? = nil) async throws(PostgresError)
        -> PostgresNotification?
    {
        let handle = try acquire()
        defer { release() }
        let deadline = timeout.map { MonotonicTime.now().advanced(by: $0) }
        while true {
            if let notification = PQnotifies(handle) {
                defer { PQfreemem(notification) }
                return PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra))
            }
            let rest = deadline.map { max($0 - MonotonicTime.now(), .zero) }
            do throws(StreamError) {
                try await loop.waitReadable(PQsocket(handle), timeout: rest)
            } catch {
                if error == .timedOut { return nil }
                throw lost(handle)
            }
            guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else { throw lost(handle) }
        }
    }
}
