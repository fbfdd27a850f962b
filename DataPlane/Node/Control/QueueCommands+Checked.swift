import HTTP
import NodeProtocol
import Queue

/// Commands of operators turned into what the queue knows, or refused by name.
extension SuspendCommand {
    private static let maxDurationSeconds = 31_536_000

    func restriction(now: Queue.Timestamp) throws(APIError) -> Restriction {
        let scope = try ScopeFields(lane, tenant, destination, everything).scope()
        guard (1...200).contains(reason.utf8.count), !reason.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { throw .invalid("reason", "1 to 200 bytes without control characters.") }
        if let durationSeconds, !(1...Self.maxDurationSeconds).contains(durationSeconds) {
            throw .invalid("durationSeconds", "1 to \(Self.maxDurationSeconds).")
        }
        if let limits {
            try check(limits)
            guard tenant == nil else { throw .invalid("limits", "A tenant is suspended or not.") }
        }
        return Restriction(
            id: ScopeFields.id(scope), scope: scope, effect: limits.map { .slow(LimitCap($0)) } ?? .suspend,
            reason: reason, since: now,
            until: durationSeconds.map { now.advanced(byMilliseconds: Int64($0) * 1_000) })
    }

    private func check(_ limits: DestinationLimits) throws(APIError) {
        guard limits != DestinationLimits() else { throw .invalid("limits", "At least one limit.") }
        if let most = limits.maxConnections, !(1...10_000).contains(most) {
            throw .invalid("limits.maxConnections", "1 to 10,000.")
        }
        if let most = limits.maxMessagesPerConnection, !(1...100_000).contains(most) {
            throw .invalid("limits.maxMessagesPerConnection", "1 to 100,000.")
        }
        if let rate = limits.messagesPerSecond, !(0.001...100_000).contains(rate) {
            throw .invalid("limits.messagesPerSecond", "0.001 to 100,000.")
        }
    }
}

extension ResumeCommand {
    func restrictionID() throws(APIError) -> String {
        if let id {
            guard lane == nil, tenant == nil, destination == nil, everything == nil else {
                throw .invalid("id", "An id or a scope, not both.")
            }
            guard !id.hasPrefix("warm-up:") else {
                throw APIError(409, "warm_up", "A warm-up ends by its plan.")
            }
            return id
        }
        return ScopeFields.id(try ScopeFields(lane, tenant, destination, everything).scope())
    }
}

extension QueueSelector {
    private static let maxMessages = 1_000

    func filter(acceptedBefore now: Queue.Timestamp) throws(APIError) -> ItemFilter {
        let isEmpty = messages == nil && tenant == nil && destination == nil && lane == nil
        guard isEmpty == (everything == true) else {
            throw .invalid(
                "selector",
                isEmpty
                    ? "It chooses nothing: name something, or say `everything`." : "Everything, or a choice.")
        }
        // Ids carry the time of the wall, which may be a little ahead of this node's steady clock.
        var filter = ItemFilter(tenant: tenant, acceptedBefore: now.advanced(byMilliseconds: 1_000))
        if let messages {
            guard (1...Self.maxMessages).contains(messages.count) else {
                throw .invalid("selector.messages", "1 to \(Self.maxMessages) ids.")
            }
            var ids: Set<MessageID> = []
            for text in messages {
                guard let id = MessageID(text: text) else {
                    throw .invalid("selector.messages", "`\(text)` is not the id of a message.")
                }
                ids.insert(id)
            }
            filter.messages = ids.sorted()
        }
        if let lane {
            guard let key = LaneKey(text: lane) else {
                throw .invalid("selector.lane", "`\(lane)` is not the name of a lane.")
            }
            filter.lane = key
        }
        if let destination {
            filter.destination = try ScopeFields.pattern(destination, "selector.destination")
        }
        return filter
    }
}

/// The fields by which operators say what a suspension concerns.
private struct ScopeFields {
    private let lane: String?
    private let tenant: TenantID?
    private let destination: String?
    private let everything: Bool

    init(_ lane: String?, _ tenant: TenantID?, _ destination: String?, _ everything: Bool?) {
        self.lane = lane
        self.tenant = tenant
        self.destination = destination
        self.everything = everything ?? false
    }

    func scope() throws(APIError) -> Restriction.Scope {
        let pattern: DestinationPattern?
        if let destination { pattern = try Self.pattern(destination, "destination") } else { pattern = nil }
        switch (lane, tenant, pattern, everything) {
        case (let lane?, nil, nil, false):
            guard let key = LaneKey(text: lane), key.transport != .lookup else {
                throw .invalid("lane", "`\(lane)` is not the name of a lane.")
            }
            return .lane(key)
        case (nil, let tenant?, let pattern?, false): return .tenantOnDestination(tenant, pattern)
        case (nil, let tenant?, nil, false): return .tenant(tenant)
        case (nil, nil, let pattern?, false): return .destination(pattern)
        case (nil, nil, nil, true): return .everything
        default:
            throw .invalid(
                "scope", "A lane, a tenant, a destination, a tenant on a destination, or `everything`.")
        }
    }

    static func pattern(_ text: String, _ path: String) throws(APIError) -> DestinationPattern {
        let isName = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") }
        let rest = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        guard !rest.isEmpty, text.utf8.count <= 2_000,
            text == "*" || isName || (!rest.contains("*") && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        else { throw .invalid(path, "`\(text)` is neither a destination nor `*.` and a domain.") }
        return DestinationPattern(text)
    }

    static func id(_ scope: Restriction.Scope) -> String {
        switch scope {
        case .lane(let key): "operator:lane:\(key)"
        case .tenant(let tenant): "operator:tenant:\(tenant)"
        case .destination(let pattern): "operator:destination:\(pattern.text.lowercased())"
        case .tenantOnDestination(let tenant, let pattern):
            "operator:tenant:\(tenant):\(pattern.text.lowercased())"
        case .everything: "operator:everything"
        }
    }
}

extension APIError {
    fileprivate static func invalid(_ path: String, _ message: String) -> APIError {
        APIError(
            422, "invalid", "\(path): \(message)", details: [APIError.Detail(path: path, message: message)])
    }
}
