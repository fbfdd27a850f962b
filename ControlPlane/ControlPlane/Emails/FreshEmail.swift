import EventLoop
import FoundationEssentials
import NodeProtocol

/// Looks up a message in the log, and waits for one that is so young that its node may not have told of it
/// yet: whoever has just sent finds what he sent.
struct FreshEmail: Sendable {
    private static let youngMilliseconds: Int64 = 30_000
    private static let maxWait: Duration = .seconds(3)
    private static let pause: Duration = .milliseconds(100)

    let context: ControlContext

    /// What `look` finds, which is asked again for a young message until it finds something.
    func find<Found: Sendable>(
        _ message: MessageID, _ look: () async throws -> Found?
    ) async throws -> Found? {
        let started = MonotonicTime.now()
        while true {
            if let found = try await look() { return found }
            let age = context.nowSeconds * 1000 - Int64(clamping: message.milliseconds)
            // An id from far ahead is no message of ours.
            guard abs(age) < Self.youngMilliseconds, MonotonicTime.now() - started < Self.maxWait else {
                return nil
            }
            await EventLoop.current?.sleep(Self.pause)
        }
    }
}
