import Admission
import NodeProtocol

/// The node behind the door for reports: what the door may ask of it. `Node` is the one implementation.
package protocol InboundIntake: Sendable {
    /// The name in banners.
    var hostName: String { get }
    /// The host at which feedback loops reach `fbl@`; nil before the first snapshot.
    var complaintHost: String? { get }

    /// What a return path proves; nil when it is none of ours, or nobody has its domain now.
    ///
    /// - Throws: `.notConfigured` while the node holds no snapshot.
    func proof(of address: String) throws(Refusal) -> ReturnPath.Proof?

    /// Whether the transaction of the proof went to this recipient; nil when nobody knows any more.
    func names(_ recipient: String, in proof: ReturnPath.Proof) async -> Bool?

    /// Makes events of notices and puts them on disk, and only then returns. Notices that it had before
    /// change nothing.
    ///
    /// - Throws: `Refusal` of the kinds of the disk; then nothing counts.
    func record(_ notices: [InboundNotice]) async throws(Refusal)

    /// Tells the sender of a message what another host's report says, where the sender asked for it (RFC
    /// 3461) and was not told before, and returns when that is on disk.
    ///
    /// - Parameter address: the return path that the report came to and that made the proof.
    /// - Returns: how many recipients the sender is told of; 0 where nobody asked.
    /// - Throws: `Refusal` of the kinds of the disk, or when the node that knows does not answer.
    func passOn(
        _ outcomes: [ReportedOutcome], to address: String, _ proof: ReturnPath.Proof
    ) async throws(Refusal) -> Int

    /// Counts what became of a message.
    func note(_ outcome: InboundOutcome)
}

/// One thing that a report says of one of our messages.
package struct InboundNotice: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The host gave a recipient up for good: reply code and status where they are known, and its words.
        case bounced(code: Int?, status: String?, text: String)
        /// The reader complained; the type of the feedback.
        case complained(String)
    }

    package var proof: ReturnPath.Proof
    package var kind: Kind
    /// Nil when the report names nobody, or nobody to whom the message went.
    package var recipient: String?
    /// Whether it is certain that the message went to the recipient.
    package var isCertain: Bool
    /// Whether the report names others alone, such as the address to which a recipient forwards: then it says
    /// nothing about the recipient's own.
    package var namesOthers: Bool
    /// The host that reports.
    package var reporter: String?

    package init(
        proof: ReturnPath.Proof, kind: Kind, recipient: String?, isCertain: Bool, namesOthers: Bool,
        reporter: String?
    ) {
        self.proof = proof
        self.kind = kind
        self.recipient = recipient
        self.isCertain = isCertain
        self.namesOthers = namesOthers
        self.reporter = reporter
    }
}

/// What became of a message at the door for reports; the raw value is the label of the metric.
package enum InboundOutcome: String, Sendable, CaseIterable {
    case bounce, complaint
    /// A notice of delay or success that the sender had asked for.
    case passedOn = "passed_on"
    /// A notice of delay or success that nobody asked for, a reader who is content, an answer that
    /// nobody wrote: taken and dropped.
    case ignored
    case autoReply = "auto_reply"
    /// None of these, no proof, or too much.
    case refused
    /// The disk did not take it.
    case failed
}
