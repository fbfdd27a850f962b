import FoundationEssentials
import HTTP
import NodeProtocol

/// What an operator lets nothing start on.
struct SuspendBody: Decodable, Sendable {
    let lane: String?
    let tenant: TenantID?
    let destination: String?
    let everything: Bool?
    let reason: String
    let durationSeconds: Int?
    let limits: LimitsBody?

    enum CodingKeys: String, CodingKey {
        case lane, tenant, destination, everything, reason, limits
        case durationSeconds = "duration_seconds"
    }

    static let schema = Schema.object([
        "lane": .string, "tenant": .uuid,
        "destination": .string.example("*.example.org").described(
            "A pattern such as `*.example.com`; with `tenant`: both."),
        "everything": .boolean.described("All lanes of the nodes that are asked."),
        "reason": .string.required.example("Asked by the postmaster").described(
            "Shown by everything that explains."),
        "duration_seconds": .integer.described("Left out: until it is resumed."),
        "limits": LimitsBody.schema.described("Given: the lanes are slowed down to these instead."),
    ])

    /// - Throws: 400 unless the scope is one thing.
    func command() throws(APIError) -> SuspendCommand {
        try QueueScope.check(lane: lane, tenant: tenant, destination: destination, everything: everything)
        guard (1...200).contains(reason.utf8.count) else {
            throw .invalid("reason", "must have 1 to 200 bytes")
        }
        if let durationSeconds, !(1...31_536_000).contains(durationSeconds) {
            throw .invalid("duration_seconds", "must be from 1 to 31536000")
        }
        return SuspendCommand(
            lane: lane, tenant: tenant, destination: destination, everything: everything == true ? true : nil,
            reason: reason, durationSeconds: durationSeconds, limits: limits?.limits)
    }
}

/// Which restrictions an operator ends.
struct ResumeBody: Decodable, Sendable {
    let id: String?
    let lane: String?
    let tenant: TenantID?
    let destination: String?
    let everything: Bool?

    static let schema = Schema.object([
        "id": .string.described(
            "Of one restriction, an operator's or a rule's; or the scope of an operator's:"),
        "lane": .string, "tenant": .uuid, "destination": .string.example("*.example.org"),
        "everything": .boolean,
    ])

    /// - Throws: 400 unless it names one restriction or one scope.
    func command() throws(APIError) -> ResumeCommand {
        let hasScope = lane != nil || tenant != nil || destination != nil || everything == true
        if id == nil {
            try QueueScope.check(lane: lane, tenant: tenant, destination: destination, everything: everything)
        } else if hasScope {
            throw .invalid("id", "stands alone, without a scope")
        }
        return ResumeCommand(
            id: id, lane: lane, tenant: tenant, destination: destination,
            everything: everything == true ? true : nil)
    }
}

/// Which waiting messages a command acts on.
struct SelectorBody: Decodable, Sendable {
    static let maxMessages = 1_000

    let messages: [MessageID]?
    let tenant: TenantID?
    let destination: String?
    let lane: String?
    let everything: Bool?
    let dryRun: Bool?

    enum CodingKeys: String, CodingKey {
        case messages, tenant, destination, lane, everything
        case dryRun = "dry_run"
    }

    static let schema = Schema.object([
        "messages": .array(.string).described("Ids, at most 1,000: each is looked for on its own node."),
        "tenant": .uuid,
        "destination": .string.example("*.example.org").described("A pattern such as `*.example.com`."),
        "lane": .string,
        "everything": .boolean.described("Must be true for a command that names nothing else."),
        "dry_run": .boolean.example(true).described(
            "True counts and does nothing. Required, true or false, unless messages are named."),
    ])

    /// - Throws: 400 when it would choose everything without having said so, and when it is not said whether
    ///   what a filter chooses shall be counted or acted on.
    func check() throws(APIError) {
        if let messages, !(1...Self.maxMessages).contains(messages.count) {
            throw .invalid("messages", "must name 1 to \(Self.maxMessages) messages")
        }
        let isEmpty = messages == nil && tenant == nil && destination == nil && lane == nil
        guard !isEmpty || everything == true else {
            throw APIError(
                400, "selector_empty",
                "Nothing is chosen: name messages, a tenant, a destination or a lane, or set `everything`.")
        }
        guard isEmpty || everything != true else {
            throw .invalid("everything", "stands alone, without a tenant, destination, lane or messages")
        }
        guard messages != nil || dryRun != nil else {
            throw APIError(
                400, "confirmation_missing",
                "Ask with `dry_run` true what this chooses, then confirm it with `dry_run` false.",
                field: "dry_run")
        }
    }

    /// - Parameter messages: those that the node holds; nil when the selector names none.
    func command(_ action: QueueCommand.Action, messages: [MessageID]?) -> QueueCommand {
        QueueCommand(
            action,
            QueueSelector(
                messages: messages?.map(\.description), tenant: tenant, destination: destination, lane: lane,
                everything: everything == true ? true : nil),
            dryRun: dryRun)
    }
}

/// What a restriction is imposed on: a lane, a tenant, destinations, a tenant on destinations, or everything.
private enum QueueScope {
    static func check(
        lane: String?, tenant: TenantID?, destination: String?, everything: Bool?
    ) throws(APIError) {
        let named = [lane != nil, tenant != nil || destination != nil, everything == true]
        guard named.count(where: { $0 }) == 1 else {
            throw APIError(
                400, "scope_unclear",
                "Name one: a `lane`, a `tenant`, a `destination` (or both), or `everything`.")
        }
    }
}
