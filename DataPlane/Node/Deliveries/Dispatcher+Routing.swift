import Delivery
import NodeProtocol
import Queue

/// Where mail leaves, asked for when it comes in, when its hosts are looked up and when its attempt begins.
extension Dispatcher {
    func lane(of id: MessageID, _ mail: MailEntry, to domain: String) -> LaneKey {
        lane(of: id, mail.tenant, mail.stream, to: domain)
    }

    private func lane(
        of id: MessageID, _ tenant: TenantID, _ stream: MessageStream, to domain: String
    ) -> LaneKey {
        router.lane(
            of: id, to: domain, pool: { pool(tenant, stream) }, now: clock.now(), refresh: { ask(domain) })
    }

    func verdict(_ attempt: Attempt, _ now: Queue.Timestamp) -> MailRouter.Verdict {
        router.check(
            attempt, pool: { pool(attempt.tenant, attempt.stream) }, now: now.milliseconds,
            refresh: { ask(attempt.domain) })
    }

    /// Sends an attempt of the lane of lookups on, at once or when the DNS has answered.
    func lookUp(_ attempt: Attempt, _ now: Queue.Timestamp) {
        let lane = lane(of: attempt.id, attempt.tenant, attempt.stream, to: attempt.domain)
        guard lane == .lookup else {
            _ = queue.reroute(attempt, to: lane, now: now)
            queue.release(attempt.slot, now: now)
            return
        }
        lookedUp[attempt.domain, default: []].append(attempt)
        ask(attempt.domain)
    }

    private func ask(_ domain: String) {
        lookups.ask(domain) { [self] name in resolved(domain, name) }
    }

    private func resolved(_ domain: String, _ name: LaneName) {
        let now = timestamp()
        router.learn(domain, name, now: now.milliseconds)
        let waiting = lookedUp.removeValue(forKey: domain) ?? []
        for attempt in waiting { lookUp(attempt, now) }
        if !waiting.isEmpty { pump() }
    }

    private func pool(_ tenant: TenantID, _ stream: MessageStream) -> String? {
        guard let limits = recorder.holder.current?.tenant(tenant)?.limits else { return nil }
        return stream == .bulk ? limits.bulkPool : limits.transactionalPool
    }

    /// Lets the automation rules look at what a host refused or deferred.
    func observe(_ report: WorkReport, of attempt: Attempt, _ now: Queue.Timestamp) {
        guard attempt.lane.transport == .smtp else { return }
        for place in report.results.indices {
            let kind = report.results[place].event.kind
            guard kind == .deferred || kind == .bounced else { continue }
            let result = report.results[place]
            guard let response = result.event.response, result.event.remoteHost != nil else { continue }
            let reply = ObservedReply(
                lane: attempt.lane, provider: attempt.policyID, tenant: attempt.tenant, code: response.code,
                enhancedCode: response.enhancedCode, text: response.text,
                category: result.event.classification?.category)
            for restriction in automation.observe(
                reply, now: now, isInForce: { queue.restriction($0) != nil })
            where queue.impose(restriction, now: now) {
                reportImposed(restriction)
            }
        }
    }
}
