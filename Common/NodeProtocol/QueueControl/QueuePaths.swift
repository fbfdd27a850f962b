/// The routes of a node's control listener by which its queue is looked at and controlled. Signed by the
/// cluster as `NodePaths.status` is; bodies and answers are JSON; a refusal is an `APIError` of the node.
package enum QueuePaths {
    /// GET, answers `LaneList`. Query: `destination` (a pattern), `limit` (1 … 1,000, else 100).
    package static let lanes = "/control/v1/queue/lanes"
    /// GET, answers `RestrictionList`.
    package static let restrictions = "/control/v1/queue/restrictions"
    /// POST `SuspendCommand`, answers the `RestrictionView`.
    package static let suspend = "/control/v1/queue/suspend"
    /// POST `ResumeCommand`, answers `RestrictionList` of what is no longer in force; 404 when nothing fits.
    package static let resume = "/control/v1/queue/resume"
    /// POST `QueueCommand`, answers `QueueCommandResult`.
    package static let command = "/control/v1/queue/command"
    /// POST `ScheduleCommand`, answers `ScheduleResult`; 404 when the node does not hold the message, 409
    /// `not_scheduled` when it does not wait for its time any more, 400 for a time too far ahead.
    package static let schedule = "/control/v1/queue/schedule"
    /// GET with the message's id appended, answers `MessageExplanation`; 404 when the queue has it no more.
    package static let explainPrefix = "/control/v1/queue/messages/"
}
