import EventLoop

/// Listens to channels for as long as the process lives, over as many sessions as that takes.
///
/// It promises: after `gap` no notification is missed until the next `gap`. So whoever hears `gap`, which is
/// also the first thing to be heard, reads its whole state anew, and after a notification only what that
/// names.
/// It never fails: while the database is away it tries again with growing pauses.
///
/// Belongs to one loop and one task. `@unchecked Sendable` because its state is touched there alone.
package final class PostgresListener: @unchecked Sendable {
    package enum Event: Sendable, Equatable {
        case notification(PostgresNotification)
        /// Anything may have been missed up to now.
        case gap
        /// The time passed without either.
        case quiet
    }

    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(10)

    private let channels: [String]
    private let configuration: PostgresConfiguration
    private let loop: EventLoop
    private var connection: PostgresConnection?
    private var pause = PostgresListener.firstPause
    private var isClosed = false

    package init(_ channels: [String], _ configuration: PostgresConfiguration, on loop: EventLoop) {
        self.channels = channels
        self.configuration = configuration
        self.loop = loop
    }

    /// The next event; `quiet` when none came within `timeout`, or at once after `close`. On the loop.
    package func next(timeout: Duration) async -> Event {
        loop.preconditionIsCurrent()
        let deadline = MonotonicTime.now().advanced(by: timeout)
        while !isClosed {
            let rest = deadline - MonotonicTime.now()
            if let connection {
                do throws(PostgresError) {
                    guard let heard = try await connection.nextNotification(timeout: max(rest, .zero)) else {
                        return .quiet
                    }
                    return .notification(heard)
                } catch {
                    connection.close()
                    self.connection = nil
                }
            } else if await reconnect() {
                return .gap
            } else {
                guard rest > .zero else { return .quiet }
                await loop.sleep(min(pause, rest))
                pause = min(pause * 2, Self.longestPause)
            }
        }
        return .quiet
    }

    /// Ends listening; a `next` that waits gives `quiet`. On the loop.
    package func close() {
        isClosed = true
        connection?.close()
        connection = nil
    }

    private func reconnect() async -> Bool {
        guard let fresh = try? await PostgresConnection.connect(configuration) else { return false }
        do throws(PostgresError) {
            for channel in channels { try await fresh.listen(to: channel) }
        } catch {
            fresh.close()
            return false
        }
        // Closed while it connected.
        if isClosed { fresh.close() } else { connection = fresh }
        pause = Self.firstPause
        return !isClosed
    }
}
