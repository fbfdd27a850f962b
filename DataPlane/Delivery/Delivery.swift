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
    private let contexts: MailTLSContexts
    private let pool: ConnectionPool
    private var brokenTLS: BrokenTLSMemory

    package init(
        on loop: EventLoop, settings: DeliverySettings, selector: MXSelector, contexts: MailTLSContexts
    ) {
        self.settings = settings
        self.selector = selector
        self.contexts = contexts
        pool = ConnectionPool(on: loop, settings.pool)
        brokenTLS = BrokenTLSMemory(time: settings.brokenTLSTime)
    }

    /// Sessions that wait for their next message.
    package var idleSessionCount: Int { pool.idleCount }

    /// Closes idle sessions; for the end of the process.
    package func shutDown() async { await pool.closeAll() }

    /// Makes one attempt. Answers one outcome for each recipient, in their order.
    package func deliver(_ attempt: DeliveryAttempt) async -> [RecipientOutcome] {
        var work = DeliveryWork(attempt)
        if let refusal = work.prepare() { return work.close(refusal) }
        let key = ConnectionPool.Key(
            lane: attempt.lane, policy: attempt.policy, localAddress: attempt.localAddress)
        while let session = pool.take(key) {
            guard work.obstacle(at: session) == nil else {
                // Another host of the domain may do.
                pool.give(session, key, maxMessages: attempt.maxMessagesPerConnection)
                break
            }
            if await use(session, &work, key, isReused: true) == nil { return work.outcomes }
        }
        switch await selector.candidates(of: selector.route(for: attempt.domain)) {
        case .failure(let refusal):
            return work.close(.said(refusal.reply, .route, host: nil, isRemote: false))
        case .success(let candidates):
            let reachable = attempt.localAddress.reachable(candidates)
            await tryEach(reachable.prefix(settings.maxCandidatesPerAttempt), &work, key)
            return work.outcomes
        }
    }

    /// One address after the other until a host has answered for the message.
    private func tryEach(
        _ candidates: ArraySlice<MailCandidate>, _ work: inout DeliveryWork, _ key: ConnectionPool.Key
    ) async {
        var last: Undelivered?
        for candidate in candidates {
            guard work.attempt.policy.permits(host: candidate.name) else {
                last = .failed(
                    SMTPFailure(
                        stage: .startTLS,
                        reason: .tls("\(candidate.name) is not in the domain's MTA-STS policy")),
                    host: RemoteHost(candidate, tls: nil))
                continue
            }
            do throws(SMTPFailure) {
                let session = try await open(candidate, work.attempt)
                if let obstacle = work.obstacle(at: session) {
                    pool.give(session, key, maxMessages: work.attempt.maxMessagesPerConnection)
                    last = obstacle
                    continue
                }
                guard let useless = await use(session, &work, key, isReused: false) else { return }
                last = useless
            } catch {
                last = .failed(error, host: RemoteHost(candidate, tls: nil))
            }
        }
        if let last { work.settleRest(last) }
    }

    /// Opens a session; where TLS is offered, fails and is not mandatory, once more without it.
    private func open(
        _ candidate: MailCandidate, _ attempt: DeliveryAttempt
    ) async throws(SMTPFailure) -> SMTPSession {
        let isOptional = attempt.policy == .opportunistic
        var opening = SMTPSession.Opening(
            candidate: candidate, clientName: attempt.clientName ?? settings.clientName,
            policy: attempt.policy,
            contexts: contexts, timeouts: settings.timeouts,
            localAddress: attempt.localAddress.address(towards: candidate.address))
        if isOptional, brokenTLS.contains(candidate, now: .now()) { opening.policy = .never }
        do throws(SMTPFailure) {
            return try await SMTPSession.open(opening)
        } catch {
            guard isOptional, opening.policy != .never, error.stage == .startTLS else { throw error }
            brokenTLS.insert(candidate, now: .now())
            opening.policy = .never
            return try await SMTPSession.open(opening)
        }
    }

    /// Sends the message over a session and gives the session back. Answers nil when every recipient has its
    /// outcome, else why the session was of no use for the rest, who may be tried over another one.
    private func use(
        _ session: SMTPSession, _ work: inout DeliveryWork, _ key: ConnectionPool.Key, isReused: Bool
    ) async -> Undelivered? {
        let host = RemoteHost(session.candidate, tls: session.tls)
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
