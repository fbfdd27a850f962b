import Admission
import Spool

/// The messages of a batch that goes to disk by one write or not at all. It counts while they are made, so
/// that a batch that no write can take is refused before more of it is in memory.
struct AtomicGroup {
    /// What one write takes.
    let maxBytes: Int
    private var bytes = 0
    private(set) var messages: [AcceptedMessage] = []

    init(maxBytes: Int = SpoolConfiguration.standardMaxGroupBytes) { self.maxBytes = maxBytes }

    /// - Throws: `.batchTooLarge` for the message with which it passes the bound; then it is as it was.
    mutating func add(_ message: AcceptedMessage) throws(Refusal) {
        try take(message.records.reduce(0) { $0 + $1.frameBytes })
        messages.append(message)
    }

    mutating func take(_ count: Int) throws(Refusal) {
        guard count <= maxBytes - bytes else {
            throw Refusal(
                .batchTooLarge,
                "with this message the batch has more than \(maxBytes) bytes as it is stored, and it goes as "
                    + "a whole: send it in parts")
        }
        bytes += count
    }
}
