import EventLoop

/// Asks recursive resolvers, and the authoritative servers of a zone directly where that is wanted.
///
/// One for each event loop; it is not sendable, and used by tasks of that loop only. Equal questions that are
/// open at the same time are asked once. Answers, and also "there is none", are kept as long as their TTL
/// says, within the bounds of the settings; failures are not kept.
///
/// A question goes to each server in turn, `rounds` times, `serverTimeout` each, until one gives an answer or
/// says that there is none. Servers that time out lose their place at the front. Everything ends at
/// `questionTimeout`. Aliases are followed up to 8 in all, across messages where the server does not.
///
/// Fails with `DNSError`, whose `isTransient` tells "ask again later" from "there is none".
package final class Resolver {
    /// An open question and who waits for it.
    final class Pending {
        var result: AnswerCache.Result?
        var waiters: [UnsafeContinuation<AnswerCache.Result, Never>] = []
    }

    package let settings: ResolverSettings
    /// What happened so far, for metrics.
    package internal(set) var counts = ResolverCounts()
    let loop: EventLoop
    var random: any RandomNumberGenerator
    var cache: AnswerCache
    private var pending: [Question: Pending] = [:]
    private var inFlight = 0
    private var queue: ArraySlice<UnsafeContinuation<Void, Never>> = []
    /// The index of the server that is asked first.
    var preferredServer = 0

    /// - Parameter random: gives message ids and the order of equal mail hosts; cryptographic outside of
    ///   tests.
    package init(
        on loop: EventLoop, _ settings: ResolverSettings,
        random: any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) {
        self.loop = loop
        self.settings = settings
        self.random = random
        cache = AnswerCache(maxEntries: settings.maxCacheEntries, maxBytes: settings.maxCacheBytes)
    }

    /// The records of a type at a name, by way of aliases.
    package func resolve(_ name: DomainName, _ type: RecordType) async throws(DNSError) -> Answer {
        try await result(of: open(Question(name, type))).get()
    }

    /// Forgets every answer.
    package func removeCache() {
        cache.removeAll()
    }

    /// Starts a question, or joins one that is open or answered. Nothing is lost when nobody waits for it.
    func open(_ question: Question) -> Pending {
        loop.preconditionIsCurrent()
        counts.questions &+= 1
        if let open = pending[question] {
            counts.joined &+= 1
            return open
        }
        let new = Pending()
        if let result = cache.result(for: question, at: loop.now) {
            counts.cacheHits &+= 1
            new.result = result
        } else if pending.count >= settings.maxQuestionsOpen {
            new.result = .failure(.timedOut)
        } else {
            pending[question] = new
            let bound = LoopBound(self, on: loop)
            loop.spawn { await bound.value.answer(question) }
        }
        return new
    }

    func result(of pending: Pending) async -> AnswerCache.Result {
        if let result = pending.result { return result }
        return await withUnsafeContinuation { pending.waiters.append($0) }
    }

    private func answer(_ question: Question) async {
        let deadline = MonotonicTime.now().advanced(by: settings.questionTimeout)
        await takeTurn()
        let result: AnswerCache.Result
        do throws(DNSError) {
            result = .success(try await follow(question, deadline))
        } catch {
            result = .failure(error)
        }
        endTurn()
        guard let open = pending.removeValue(forKey: question) else { return }
        open.result = result
        for waiter in open.waiters { waiter.resume(returning: result) }
        open.waiters = []
    }

    /// Waits until fewer than the maximum are with a server. The turn is handed from one question to the
    /// next.
    private func takeTurn() async {
        guard inFlight >= settings.maxQuestionsInFlight else {
            inFlight += 1
            return
        }
        await withUnsafeContinuation { queue.append($0) }
    }

    private func endTurn() {
        if let next = queue.popFirst() { next.resume() } else { inFlight -= 1 }
    }
}

/// What a resolver has done since it was made.
package struct ResolverCounts: Sendable, Equatable {
    package var questions: UInt64 = 0
    /// Questions that were answered from the cache.
    package var cacheHits: UInt64 = 0
    /// Questions that were open already.
    package var joined: UInt64 = 0
    package var datagrams: UInt64 = 0
    package var connections: UInt64 = 0
    package var timeouts: UInt64 = 0
    package var malformed: UInt64 = 0
}
