import Admission
import NodeProtocol

/// The node behind the links of its messages: what the door may ask of it. `Node` is the one implementation.
package protocol LinkRoad: Sendable {
    /// What a token says; nil when it is none of ours.
    func claim(_ token: String) -> TrackingClaim?

    /// Takes an open or a click: an event for the journal and the webhooks that tell of it. Nobody waits for
    /// it: what the disk does not take is counted and lost.
    func note(_ visit: LinkVisit)

    /// Takes a recipient's word that he wants no more mail of the tenant. It holds at this node and is on
    /// disk when this returns; a second time changes nothing.
    ///
    /// - Throws: `Refusal` of the kinds of the disk; then nothing counts.
    func unsubscribe(_ visit: LinkVisit) async throws(Refusal)

    /// Counts what became of a request for a link.
    func count(_ outcome: LinkOutcome)
}

/// A link that was followed.
package struct LinkVisit: Sendable, Equatable {
    package var claim: TrackingClaim
    package var reader: Event.Reader

    package init(claim: TrackingClaim, reader: Event.Reader) {
        self.claim = claim
        self.reader = reader
    }
}

/// What became of a request for a link; the raw value is the label of the metric.
package enum LinkOutcome: String, Sendable, CaseIterable {
    case opened, clicked, unsubscribed
    /// One of the first two, by a machine.
    case machine
    /// The same again within a minute, or an unsubscription that held already.
    case repeated
    /// More than one client may have counted in a minute: answered as ever, and not counted.
    case limited
    /// The disk did not take it.
    case failed
    /// No token of ours.
    case unknown
}
