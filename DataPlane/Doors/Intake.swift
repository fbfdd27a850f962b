import Admission
import NodeProtocol

/// The road behind every door: what a door may ask of the node. `Node` is the one implementation.
package protocol Intake: Sendable {
    /// Who is calling; looks only at the snapshot and the clock.
    ///
    /// - Parameter tenant: the tenant that the path names, when it names one.
    /// - Throws: `Refusal` of the kinds of `Authentication`.
    func authenticate(
        _ credential: PresentedCredential, tenant: TenantID?, sourceIP: String
    ) throws(Refusal) -> Principal

    /// Takes so many at once from the caller's rate, or none and says when they would fit.
    ///
    /// - Returns: how it stands then; nil when there is no limit.
    func takeRate(
        _ principal: Principal, count: Int, for use: Meters.Use
    ) throws(Meters.RateExceeded) -> Meters.Standing?

    /// Gives back what was taken for messages that came to nothing.
    func returnRate(_ principal: Principal, count: Int)

    /// Admits a submission, puts it on disk, and only then answers. It takes the submission over, so that its
    /// files are gone once the message is made of them.
    func submit(_ submission: consuming Submission, from principal: Principal) async throws(Refusal)
        -> Receipt

    /// The same for several at once, each admitted alone; those that pass share as few writes as they fit
    /// into.
    ///
    /// - Returns: one for each, in their order.
    func submit(_ submissions: [Submission], from principal: Principal) async -> [Result<Receipt, Refusal>]

    /// The same, but all of them or none: nothing is sent when one of them is refused.
    ///
    /// - Returns: one for each, in their order.
    func submitAll(
        _ submissions: [Submission], from principal: Principal
    ) async throws(BatchRefusal) -> [Receipt]

    /// Withdraws a message of this tenant that still waits for its time.
    ///
    /// - Returns: how it stands then; nil when this node does not hold it.
    /// - Throws: `.notScheduled` when its time has come, or it is withdrawn already.
    func cancelScheduled(_ message: MessageID, tenant: TenantID) async throws(Refusal) -> MessageStatus?

    /// Gives a message of this tenant that still waits for its time another one.
    ///
    /// - Parameter time: milliseconds since 1970; one that has passed is at once.
    /// - Returns: how it stands then; nil when this node does not hold it.
    /// - Throws: `.notScheduled` as above, `.invalid` for a time too far ahead.
    func reschedule(
        _ message: MessageID, tenant: TenantID, to time: Int64
    ) async throws(Refusal) -> MessageStatus?

    /// What this node knows of a message that it accepted for this tenant; nil when it holds it no more, and
    /// then the control plane's log knows.
    func status(of message: MessageID, tenant: TenantID) async -> MessageStatus?

    /// The name in banners and trace fields.
    var hostName: String { get }

    /// Milliseconds since 1970.
    func now() -> Int64
}

/// Why none of several messages was taken.
package struct BatchRefusal: Error, Sendable {
    /// The place of the message that was refused; nil when it is none alone.
    package let index: Int?
    package let refusal: Refusal

    package init(_ refusal: Refusal, at index: Int?) {
        self.refusal = refusal
        self.index = index
    }
}

/// Where a message is, as its node knows it.
package struct MessageStatus: Sendable, Equatable {
    package struct Recipient: Sendable, Equatable {
        package var address: String
        /// One of the states of the design: scheduled, queued, sending, deferred, delivered, bounced, …
        package var state: RecipientState
        package var attempts: Int
        /// Milliseconds since 1970.
        package var nextAttemptAt: Int64?
        /// The last reply, one line.
        package var response: String?
        package var remoteHost: String?
        package var remoteID: String?
        package var deliveredAt: Int64?
        package var durationMilliseconds: Int?

        package init(address: String, state: RecipientState, attempts: Int = 0) {
            self.address = address
            self.state = state
            self.attempts = attempts
        }
    }

    package var id: MessageID
    /// As the message says.
    package var from: String
    package var acceptedAt: Int64
    package var recipients: [Recipient]

    package init(id: MessageID, from: String = "", acceptedAt: Int64, recipients: [Recipient]) {
        self.id = id
        self.from = from
        self.acceptedAt = acceptedAt
        self.recipients = recipients
    }

    /// The state of the worst unfinished recipient, else of the worst finished one.
    package var state: RecipientState {
        let states = recipients.map(\.state)
        return states.filter { !$0.isFinal }.max { $0.badness < $1.badness }
            ?? states.max { $0.badness < $1.badness } ?? .queued
    }
}

extension Intake {
    /// Whether this node holds a message of the caller's tenant that is none of the caller's: he is bound to
    /// another domain.
    func withholds(_ message: MessageID, from principal: Principal) async -> Bool {
        guard principal.onlyDomain != nil,
            let status = await status(of: message, tenant: principal.tenant.id)
        else { return false }
        return !principal.reaches(mailFrom: status.from)
    }
}
