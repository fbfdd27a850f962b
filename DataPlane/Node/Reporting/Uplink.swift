import EventLoop
import Journal
import NodeProtocol
import Service

/// Carries the journal to the control plane: in order, from where it was acknowledged, for as long as it
/// takes.
///
/// A report that got no answer is sent again as it was; the control plane applies a number once. While it
/// cannot be reached the pauses grow to 15 s and the journal grows on disk.
struct Uplink: Sendable {
    private static let maxReportBytes = 1 << 20
    private static let longestPause: Duration = .seconds(15)

    /// The control plane does not move on: it was set back, or lacks events that this node reported before.
    private struct Stuck: Error, CustomStringConvertible {
        let acknowledged: UInt64
        let cursor: UInt64
        var description: String {
            "the control plane has events up to \(acknowledged) and this node reported up to \(cursor): "
                + "what lies between is lost there"
        }
    }

    let journal: Journal
    let link: ControlPlaneLink
    let loop: EventLoop
    let log: Log
    let metrics: NodeMetrics

    /// Runs until the journal closes.
    func run() async {
        var pause: Duration = .milliseconds(200)
        var cursor = journal.statistics.acknowledged
        while true {
            do {
                let events = try await journal.read(after: cursor, maxBytes: Self.maxReportBytes)
                guard let last = events.last else {
                    guard await journal.waitForMore(after: cursor) else { return }
                    continue
                }
                let receipt = try await link.report(
                    Report(events.map { ($0.seq, $0.bytes) }), of: journal.name)
                guard receipt.acknowledged > cursor else {
                    throw Stuck(acknowledged: receipt.acknowledged, cursor: cursor)
                }
                cursor = min(receipt.acknowledged, last.seq)
                try await journal.acknowledge(upTo: cursor)
                metrics.reportedEvents.increment(by: events.count)
                pause = .milliseconds(200)
            } catch {
                log.warning("report not taken", ["error": .error(error), "pause_ms": .milliseconds(pause)])
                metrics.failedReports.increment()
                await loop.sleep(pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }
}
