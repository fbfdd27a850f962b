import FoundationEssentials
import MailFormat
import NodeProtocol

/// Decides whether a submission becomes a message: who sends, from which domain, to whom, how large, how
/// much.
///
/// Pure: the time and the random bits are given, the meters are handed in. What passes is an `Admitted`,
/// complete but for its signature; what does not is a `Refusal` that names the field, and nothing has
/// changed.
package struct Admission: Sendable {
    /// The node's number, part of every id that it gives.
    package let node: UInt16
    /// The name in trace fields.
    package let hostName: String
    /// Whether an address is not to be sent to although the snapshot does not say so yet.
    private let isWithheld: @Sendable (_ address: String, _ tenant: TenantID) -> Bool

    package init(
        node: UInt16, hostName: String,
        isWithheld: @escaping @Sendable (_ address: String, _ tenant: TenantID) -> Bool = { _, _ in false }
    ) {
        self.node = node
        self.hostName = hostName
        self.isWithheld = isWithheld
    }

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - random: three words that nobody can guess.
    ///   - takeQuota: takes this many recipients from the tenant's month, or refuses; not asked for
    ///     a test key.
    package func admit(
        _ submission: Submission, from principal: Principal, snapshot: Snapshot, now: Int64,
        random: (UInt64, UInt64, UInt64), takeQuota: (Int) throws(Refusal) -> Void
    ) throws(Refusal) -> Admitted {
        try principal.require("emails:send")
        let id = MessageID(
            milliseconds: UInt64(max(0, now)), node: node, random: (random.0, random.1))
        let scheduledAt = try Self.time(submission.scheduledAt, now: now)
        guard !submission.demandsTimeAhead || submission.scheduledAt == nil || scheduledAt != nil else {
            throw Refusal(.invalid, "`scheduled_at` must be in the future.", field: "scheduled_at")
        }
        let due = scheduledAt ?? now
        let draft: Draft
        switch submission.content {
        case .composed(let composed):
            draft = try compose(
                composed, of: submission, id: id, principal: principal, snapshot: snapshot, due: due,
                seed: random.2)
        case .raw(let raw):
            draft = try adopt(
                raw, id: id, principal: principal, snapshot: snapshot, now: now, due: due, seed: random.2)
        case .again(let again):
            draft = try repeated(
                again, of: submission, id: id, principal: principal, snapshot: snapshot, due: due)
        }
        try check(draft.senderDomain, isOf: submission.senderDomain, principal.tenant)
        let limits = principal.tenant.limits
        guard draft.isMeasured || draft.message.count <= limits.maxMessageBytes else {
            throw tooLarge(limits)
        }
        let recipients = try sort(draft.recipients, limits, snapshot, principal.tenant.id)
        // What is captured costs nothing.
        let isTest = principal.isTest || submission.isTest
        let admitted = Admitted(
            draft, to: recipients, id: id, isTest: isTest, submission, from: principal, acceptedAt: now,
            scheduledAt: scheduledAt, deadline: due + Int64(limits.deadlineHours) * 3_600_000)
        try checkLabels(admitted.tags, admitted.metadata)
        if !isTest { try takeQuota(recipients.open.count) }
        return admitted
    }

    /// When to send, in milliseconds since 1970; nil is at once, as is a time that has passed.
    ///
    /// - Throws: `.invalid` for a time too far ahead.
    package static func time(_ scheduledAt: Int64?, now: Int64) throws(Refusal) -> Int64? {
        guard let scheduledAt, scheduledAt > now else { return nil }
        if let problem = MessageRules.problem(scheduledAt: scheduledAt, now: now) {
            throw Refusal(.invalid, problem, field: "scheduled_at")
        }
        return scheduledAt
    }

    /// Whom a message is for, and whom not.
    struct Recipients {
        /// None twice.
        var open: [String] = []
        /// The places of those in the list that they came from.
        var places: [Int] = []
        var suppressed: [String] = []
    }

    func tooLarge(_ limits: TenantRecord.Limits) -> Refusal {
        Refusal(.messageTooLarge, "the message is larger than \(limits.maxMessageBytes) bytes")
    }

    /// `<id@domain>`: the id of a message that has none of its own.
    static func messageID(_ id: String, _ domain: VerifiedSenderDomain) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(id.utf8.count + domain.name.utf8.count + 3)
        text.append(UInt8(ascii: "<"))
        text += id.utf8
        text.append(UInt8(ascii: "@"))
        text += domain.name.utf8
        text.append(UInt8(ascii: ">"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The field that every message has at its top, CRLF at the end.
    static func traceField(_ id: String) -> [UInt8] {
        var field: [UInt8] = []
        field.reserveCapacity(64)
        field += "X-Dispatch-ID: ".utf8
        field += id.utf8
        field += "\r\n".utf8
        return field
    }

    /// The stream that the instruction X-Dispatch-Stream names.
    func stream(named name: String, field: String) throws(Refusal) -> Submission.Stream {
        guard let stream = Submission.Stream(rawValue: name.lowercased()) else {
            throw Refusal(.invalid, "X-Dispatch-Stream is transactional or bulk", field: field)
        }
        return stream
    }

    /// The sender's domain, if it is the tenant's own and verified.
    func verified(
        _ address: MailAddress, _ principal: Principal, _ snapshot: Snapshot, field: String
    ) throws(Refusal) -> VerifiedSenderDomain {
        guard let domain = VerifiedSenderDomain.of(address.domain, principal, snapshot) else {
            throw Refusal(
                .domainNotVerified, "the domain \(address.domain) is not verified for sending by this tenant",
                field: field)
        }
        return domain
    }

    /// The sender is of the domain that the caller named, if he named one.
    private func check(
        _ domain: VerifiedSenderDomain, isOf id: UUID?, _ tenant: TenantRecord
    ) throws(Refusal) {
        guard let id else { return }
        guard let named = tenant.domains.first(where: { $0.id == id }) else {
            throw Refusal(
                .domainNotVerified, "no verified domain of this tenant has this id", field: "domain_id")
        }
        guard named.name == domain.name else {
            throw Refusal(
                .invalid, "the sender is of the domain \(domain.name), and this id is of another",
                field: "domain_id")
        }
    }

    /// Each recipient once, the suppressed ones apart.
    private func sort(
        _ addresses: [MailAddress], _ limits: TenantRecord.Limits, _ snapshot: Snapshot, _ tenant: TenantID
    ) throws(Refusal) -> Recipients {
        var sorted = Recipients()
        var seen: Set<String> = []
        for (place, address) in addresses.enumerated() {
            let folded = address.caseFolded
            // Most messages have one, which is not to be looked for among others.
            guard addresses.count == 1 || seen.insert(folded).inserted else { continue }
            if snapshot.isSuppressed(folded, tenant: tenant) || isWithheld(folded, tenant) {
                sorted.suppressed.append(address.description)
            } else {
                sorted.open.append(address.description)
                sorted.places.append(place)
            }
        }
        guard sorted.open.count + sorted.suppressed.count <= limits.maxRecipients else {
            throw Refusal(
                .tooManyRecipients, "a message may have at most \(limits.maxRecipients) recipients",
                field: "to")
        }
        guard !sorted.open.isEmpty else {
            guard sorted.suppressed.isEmpty else {
                throw Refusal(.recipientSuppressed, "every recipient is on the suppression list", field: "to")
            }
            throw Refusal(.missing, "the message has no recipient", field: "to")
        }
        return sorted
    }

    private func checkLabels(_ tags: [String], _ metadata: [String: String]) throws(Refusal) {
        if let problem = MessageRules.problem(tags: tags) {
            throw Refusal(.invalid, problem, field: "tags")
        }
        if let problem = MessageRules.problem(metadata: metadata) {
            throw Refusal(.invalid, problem, field: "metadata")
        }
    }
}
