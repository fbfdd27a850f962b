import NodeProtocol
import Queue

/// Restrictions as they are told and kept, and back.
extension RestrictionView {
    init(_ restriction: Restriction, isCancelled: Bool = false) {
        self.init(
            id: restriction.id, origin: restriction.rule == nil ? .operator : .rule, rule: restriction.rule,
            reason: restriction.reason, evidence: restriction.evidence,
            since: restriction.since.milliseconds, until: restriction.until?.milliseconds,
            isCancelled: isCancelled)
        switch restriction.scope {
        case .lane(let key): lane = key.description
        case .destination(let pattern): destination = pattern.text
        case .tenant(let id): tenant = id
        case .tenantOnDestination(let id, let pattern):
            tenant = id
            destination = pattern.text
        case .everything: break
        }
        if case .slow(let cap) = restriction.effect { limits = cap.limits }
    }

    init(_ usedUp: WarmUpLedger.Allowance) {
        let dayMilliseconds: Int64 = 86_400_000
        self.init(
            id: "warm-up:\(usedUp.source):\(usedUp.group ?? "*")", origin: .warmUp, rule: usedUp.plan,
            reason: usedUp.sentence, since: usedUp.until.milliseconds - dayMilliseconds,
            until: usedUp.until.milliseconds)
    }

    /// Nil when the lane cannot be read.
    var restriction: Restriction? {
        let scope: Restriction.Scope
        if let lane {
            guard let key = LaneKey(text: lane) else { return nil }
            scope = .lane(key)
        } else if let tenant {
            scope =
                destination.map { .tenantOnDestination(tenant, DestinationPattern($0)) } ?? .tenant(tenant)
        } else {
            scope = destination.map { .destination(DestinationPattern($0)) } ?? .everything
        }
        return Restriction(
            id: id, scope: scope, effect: limits.map { .slow(LimitCap($0)) } ?? .suspend, rule: rule,
            reason: reason, evidence: evidence, since: Queue.Timestamp(milliseconds: since),
            until: until.map { Queue.Timestamp(milliseconds: $0) })
    }
}

extension QueueCounts {
    init(_ counts: StateCounts) {
        self.init(
            scheduled: counts.scheduled, queued: counts.queued, sending: counts.sending,
            deferred: counts.deferred, held: counts.held)
    }
}

extension LaneView {
    init(_ report: LaneReport) {
        let key = report.key
        self.init(
            lane: key.description, transport: "\(key.transport)", source: key.source,
            destination: key.destination, provider: report.policyID, counts: QueueCounts(report.counts),
            tenants: report.tenants, connections: report.connections, inFlight: report.inFlight,
            connectionLimit: report.connectionLimit,
            maxMessagesPerConnection: report.limits.maxMessagesPerConnection,
            messagesPerSecond: report.limits.rate?.perSecond,
            spacingMilliseconds: report.spacingMilliseconds,
            adaptedSince: report.adaptedSince?.milliseconds, adaptedReason: report.adaptedReason,
            pausedUntil: report.pausedUntil?.milliseconds,
            restrictions: report.restrictions.map { RestrictionView($0) }, lastReply: report.lastReply)
        if let parking = report.parking {
            restrictions.append(
                RestrictionView(
                    id: "warm-up:\(key.source)", origin: .warmUp, rule: parking.reason.plan, lane: lane,
                    reason: parking.reason.text, since: parking.since.milliseconds,
                    until: parking.until.milliseconds))
        }
    }
}

extension MessageExplanation.Item {
    /// - Parameter obstacle: what keeps the whole node from starting anything, if so.
    init(_ explanation: Explanation, recipients: [String], obstacle: String?) {
        let (word, sentence) = Self.words(explanation.wait, explanation, obstacle: obstacle)
        self.init(
            recipients: recipients, state: "\(explanation.state)", waitsFor: word, sentence: sentence,
            attempts: Int(explanation.attempts), nextAttemptAt: explanation.nextAttempt?.milliseconds,
            deadline: explanation.deadline.milliseconds, place: explanation.place,
            tenantsInLane: explanation.tenantsInLane, lastReply: explanation.lastReply,
            lane: LaneView(explanation.lane))
        if case .restriction(let why) = explanation.wait { restriction = RestrictionView(why) }
    }

    private static func words(
        _ wait: Explanation.Wait, _ explanation: Explanation, obstacle: String?
    ) -> (String, String) {
        let lane = explanation.lane.key
        let (word, sentence) =
            switch wait {
            case .sending: ("sending", "attempt \(explanation.attempts) is in flight")
            case .held: ("held", "an operator holds it")
            case .time where explanation.attempts == 0: ("time", "its scheduled time")
            case .time: ("time", "the time of its next attempt")
            case .lookup: ("lookup", "the DNS is asked for the hosts of its destination")
            case .turn: ("turn", "nothing but the turn of those before it in the lane \(lane)")
            case .restriction(let why):
                ("restriction", "\(why.rule.map { "the rule \($0)" } ?? "a suspension"): \(why.reason)")
            case .paused(_, let failures):
                ("paused", "\(lane.destination) could not be reached, \(failures) times in a row")
            case .rate(_, let rate): ("rate", "the lane's rate of \(rate.perSecond) messages a second")
            case .spacing(_, let milliseconds):
                ("spacing", "\(lane.destination) asked for less: starts are \(milliseconds) ms apart")
            case .connections(let limit): ("connections", "the lane's \(limit) connections are all in use")
            case .inFlight(let limit): ("in_flight", "\(limit) attempts of the lane are in flight")
            case .parked(_, let reason): ("warm_up", reason.text)
            }
        switch wait {
        case .sending, .held, .time: return (word, sentence)
        default: return obstacle.map { ("node", $0) } ?? (word, sentence)
        }
    }
}
