import NodeProtocol
import Queue

/// An attempt on its way to a loop and back. A class, because it is handed on unchanged.
final class Work: Sendable {
    let attempt: Attempt
    /// Nil: to be read from the spool.
    let message: OpenMessage?
    /// The address that mail leaves from; nil: the node's own.
    let source: EgressSource?
    /// Reached when the outcome of the attempt before on the same slot is on disk; nil for the first.
    let previous: Milestone?

    init(attempt: Attempt, message: OpenMessage?, source: EgressSource? = nil, previous: Milestone? = nil) {
        self.attempt = attempt
        self.message = message
        self.source = source
        self.previous = previous
    }

    /// The same for some of its recipients.
    func narrowed(to recipients: RecipientIndexes) -> Work {
        var attempt = attempt
        attempt.recipients = recipients
        return Work(attempt: attempt, message: message, source: source, previous: previous)
    }
}

/// What a worker says of an attempt, before the queue has decided what comes next.
struct WorkReport: Sendable {
    /// One recipient's outcome: an event without the time of the next attempt.
    struct Result: Sendable {
        let recipient: UInt16
        let event: Event
        /// What the host asked for, in milliseconds.
        let retryAfterMilliseconds: Int64?
        /// Whether the response is in the words of the remote host.
        var isRemoteReply = false
        /// The host took the message and will report what becomes of it to who asked.
        var isReportedByHost = false
    }

    var results: [Result]
    /// The destination could not be reached at all.
    var isLaneFailure: Bool
    /// The destination asked for less.
    let isThrottled: Bool
    /// Nothing of this is to be tried again, and no event tells of it: the endpoint is gone, or the entry is
    /// damaged.
    var isDropped = false
    /// The entry could not be read now, so nobody was tried.
    var isUntried = false
    /// Its recipients have got their bounce since it was put off: there is nobody left to try.
    var isGivenUp = false
    /// The message, when it had to be read.
    var message: OpenMessage?
    /// The message as it was accepted, where its sender may want to be told of the outcome.
    var original: [UInt8]?
}

extension WorkReport {
    static let dropped = WorkReport(results: [], isLaneFailure: false, isThrottled: false, isDropped: true)
    static let givenUp = WorkReport(results: [], isLaneFailure: false, isThrottled: false, isGivenUp: true)
    static let untried = WorkReport(results: [], isLaneFailure: false, isThrottled: false, isUntried: true)
}
