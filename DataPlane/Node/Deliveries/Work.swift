import NodeProtocol
import Queue

/// An attempt on its way to a loop, with what the loop needs to make it.
struct Work: Sendable {
    let attempt: Attempt
    let entry: Entry
    /// Reached when the outcome of the attempt before on the same slot is on disk; nil for the first.
    var previous: Milestone?
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
    }

    let results: [Result]
    /// The destination could not be reached at all.
    var isLaneFailure: Bool
    /// The destination asked for less.
    let isThrottled: Bool
    /// Nothing of this is to be tried again, and no event tells of it: the endpoint is gone.
    var isDropped = false
    /// The message as it was accepted, where its sender may want to be told of the outcome.
    var original: [UInt8]?
}
