import EventLoop
import SMTPWire

/// Delivers mail: one attempt in, one outcome for each recipient out. Loop bound; one for each loop.
///
/// It finds the hosts, connects (or takes an idle session of the lane), encrypts as the policy says, sends,
/// and classifies what was answered. It knows nothing of queues, retries or events, and remembers nothing but
/// idle sessions and hosts whose TLS is broken. It never throws and never loses a recipient: whatever goes
/// wrong is an outcome.
///
/// A recipient counts as delivered only by the reply to the final dot. When that does not come the outcome is
/// deferred and marked ambiguous; nothing is sent again within the same attempt once a final dot has gone out
/// without an answer.
package final class MailDelivery {
    private let settings: DeliverySettings
    private let selector: MXSelector
    private let opener: SessionOpener
    private let policies: TLSPolicyResolver
    private let pool: ConnectionPool

    /// - Parameters:
    ///   - policies: finds what domains and hosts ask of TLS; the default one asks nobody.
    ///   - reports: counts what became of the TLS of sessions.
    package init(
        on loop: EventLoop, settings: DeliverySettings, selector: MXSelector, contexts: MailTLSContexts,
        policies: TLSPolicyResolver = TLSPolicyResolver(), reports: TLSReportBook? = nil
    ) {
        self.settings = settings
        self.selector = selector
        self.policies = policies
        opener = SessionOpener(settings, contexts, reports)
        pool = ConnectionPool(on: loop, settings.pool)
    }

    /// Sessions that wait for their next message.
    package var idleSessionCount: Int { pool.idleCount }

    /// Closes idle sessions; for the end of the process.
    package func shutDown() async { await pool.closeAll() }

    /// Makes one attempt. Answers one outcome for each recipient, in their order.
    package func deliver(_ attempt: consuming DeliveryAttempt) async -> [RecipientOutcome] {
        var work = DeliveryWork(attempt)
        if let refusal = work.prepare() { return work.close(refusal) }
        let route = await selector.route(for: work.attempt.domain)
        let demand = await policies.demand(of: work.attempt, route)
        opener.record(demand)
        let key = ConnectionPool.Key(
            lane: work.attempt.lane, policy: demand.base, localAddress: work.attempt.localAddress)
        let maxMessages = work.attempt.maxMessagesPerConnection
        while let session = pool.take(key) {
            guard await serves(session, demand), work.obstacle(at: session) == nil else {
                // Another host of the domain, or another connection, may do.
                pool.give(session, key, maxMessages: maxMessages)
                break
            }
            if await use(session, &work, key, isReused: true) == nil { return work.outcomes }
        }
        switch await selector.candidates(of: route) {
        case .failure(let refusal):
            return work.close(.said(refusal.reply, .route, host: nil, isRemote: false))
        case .success(let candidates):
            let reachable = work.attempt.localAddress.reachable(candidates)
            await tryEach(reachable.prefix(settings.maxCandidatesPerAttempt), demand, &work, key)
            return work.outcomes
        }
    }

    /// Whether a session, which another domain may have opened, is good enough for this demand.
    private func serves(_ session: SMTPSession, _ demand: TLSDemand) async -> Bool {
        guard demand.isAuthentic(host: session.candidate.name) != nil else { return false }
        do throws(TLSRefusal) {
            let asked = try await policies.policy(for: session.candidate, demand)
            return asked.policy.isMet(by: session.opening.policy, session.tls)
        } catch {
            return false
        }
    }

    /// One address after the other until a host has answered for the message. When none has, what may yet
    /// come right counts more than what may not.
    private func tryEach(
        _ candidates: ArraySlice<MailCandidate>, _ demand: TLSDemand, _ work: inout DeliveryWork,
        _ key: ConnectionPool.Key
    ) async {
        var last: Undelivered?
        for candidate in candidates {
            guard let obstacle = await use(candidate, demand, &work, key) else { return }
            if let last, obstacle.classification.action.isFinal, !last.classification.action.isFinal {
                continue
            }
            last = obstacle
        }
        if let last { work.settleRest(last) }
    }

    /// Opens a session and sends the message. Answers nil when every recipient has its outcome.
    private func use(
        _ candidate: MailCandidate, _ demand: TLSDemand, _ work: inout DeliveryWork, _ key: ConnectionPool.Key
    ) async -> Undelivered? {
        let host = RemoteHost(candidate, tls: nil)
        let asked: HostTLS
        do throws(TLSRefusal) { asked = try await policies.policy(for: candidate, demand) } catch {
            switch error {
            case .unproven(let text): return .unable(550, .init(5, 7, 30), text, host)
            case .failure(let failure, let subject):
                opener.record(failure, subject, candidate, work.attempt)
                return .failed(failure, host: host)
            }
        }
        do throws(SMTPFailure) {
            let session = try await opener.open(candidate, asked, work.attempt)
            if let obstacle = work.obstacle(at: session) {
                pool.give(session, key, maxMessages: work.attempt.maxMessagesPerConnection)
                return obstacle
            }
            return await use(session, &work, key, isReused: false)
        } catch {
            return .failed(error, host: host)
        }
    }

    /// Sends the message over a session and gives the session back. Answers nil when every recipient has its
    /// outcome, else why the session was of no use for the rest, who may be tried over another one.
    private func use(
        _ session: SMTPSession, _ work: inout DeliveryWork, _ key: ConnectionPool.Key, isReused: Bool
    ) async -> Undelivered? {
        var host = RemoteHost(session.candidate, tls: session.tls)
        host.reportsDeliveries = session.extensions.dsn
        while !work.isDone, session.takesMore {
            guard let content = await work.content(for: session) else { break }
            let most = min(settings.maxRecipientsPerTransaction, session.extensions.maxRecipients ?? .max)
            let indexes = work.nextRecipients(max: most)
            let results = await session.transact(work.transaction(indexes, content))
            if let useless = Self.useless(results, host, isReused: isReused) {
                await session.close()
                return useless
            }
            work.settle(indexes, results, host)
        }
        pool.give(session, key, maxMessages: work.attempt.maxMessagesPerConnection)
        if work.isDone { return nil }
        return .ours(451, .init(4, 4, 2), "the connection ended before all recipients were sent", .mail)
    }

    /// A connection that failed before anything was said about the message. An idle one may also have been
    /// closed from the other side with a 421 that waited for us.
    private static func useless(
        _ results: [TransactionResult], _ host: RemoteHost, isReused: Bool
    ) -> Undelivered? {
        guard let first = results.first, results.allSatisfy({ $0 == first }) else { return nil }
        switch first {
        case .failed(let failure) where failure.stage == .mail || failure.stage == .reset:
            return .failed(failure, host: host)
        case .refused(let reply, .mail) where isReused && reply.code == 421:
            return .said(reply, .mail, host: host)
        case .accepted, .refused, .failed, .oneTooMany: return nil
        }
    }
}
