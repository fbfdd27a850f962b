import DNS
import EventLoop
import MailAuth

/// Finds the MTA-STS policy that is in force for a domain, RFC 8461 §5.1. Loop bound; the cache is for all
/// loops.
///
/// The DNS announces a policy and tells by its id when there is another one, which is then fetched before
/// anything is sent. Whatever goes wrong on that way, a policy in the cache stays in force until its time is
/// over; without one the domain counts as one that has none. A policy in use is fetched again in the
/// background every day, so that it does not run out. A fetch that failed is not repeated for `retryTime`.
package final class MTASTSPolicies {
    struct Finding: Sendable {
        var policy: MTASTSPolicy?
        /// Of a fetch that failed just now; told once for each.
        var problem: TLSProblem?
    }

    private static let retryTime: Duration = .seconds(300)
    private static let refreshSeconds: Int64 = 86_400
    private static let maxFailures = 10_000

    private let loop: EventLoop
    private let lookup: any TLSPolicyLookup
    private let fetch: MTASTSFetch
    private let cache: MTASTSCache
    private let now: @Sendable () -> Int64
    /// Until when a domain is not asked again, by domain and id; the id is empty for the DNS itself.
    private var failures: [String: MonotonicTime] = [:]
    private var waiting: [String: [UnsafeContinuation<Finding, Never>]] = [:]

    /// - Parameter now: seconds since 1970, by the wall clock.
    package init(
        on loop: EventLoop, lookup: any TLSPolicyLookup, fetch: MTASTSFetch, cache: MTASTSCache,
        now: @escaping @Sendable () -> Int64
    ) {
        self.loop = loop
        self.lookup = lookup
        self.fetch = fetch
        self.cache = cache
        self.now = now
    }

    /// - Parameter domain: the recipient's, in A-labels and lower case.
    func find(_ domain: String) async -> Finding {
        let kept = cache.entry(domain, now: now())
        guard let id = await announcedID(domain) else { return Finding(policy: kept?.policy) }
        guard let kept, kept.id == id else {
            let fetched = await fetchOnce(domain, id)
            return fetched.policy == nil ? Finding(policy: kept?.policy, problem: fetched.problem) : fetched
        }
        if kept.fetchedAt &+ Self.refreshSeconds <= now(), !hasFailed(domain, id) {
            let bound = LoopBound(self, on: loop)
            loop.spawn { _ = await bound.value.fetchOnce(domain, id) }
        }
        return Finding(policy: kept.policy)
    }

    private func announcedID(_ domain: String) async -> String? {
        guard let name = DomainName(domain)?.under("_mta-sts"), !hasFailed(domain, "") else { return nil }
        do throws(DNSError) {
            let records = try await lookup.resolve(name, .txt).records
            return MTASTSRecord(
                among: records.compactMap {
                    if case .txt(let bytes) = $0.data { String(decoding: bytes, as: UTF8.self) } else { nil }
                })?.id
        } catch {
            if error.isTransient { remember(domain, "") }
            return nil
        }
    }

    /// Those who want the same policy at the same time wait for one fetch.
    private func fetchOnce(_ domain: String, _ id: String) async -> Finding {
        if hasFailed(domain, id) { return Finding() }
        if waiting[domain] != nil {
            return await withUnsafeContinuation { waiting[domain, default: []].append($0) }
        }
        waiting[domain] = []
        var finding = Finding()
        switch await fetch.policy(of: domain) {
        case .success(let policy):
            cache.keep(.init(domain: domain, id: id, policy, fetchedAt: now()), on: loop)
            finding.policy = policy
        case .failure(let failure):
            remember(domain, id)
            finding.problem = failure.problem
        }
        for waiter in waiting.removeValue(forKey: domain) ?? [] {
            waiter.resume(returning: Finding(policy: finding.policy))
        }
        return finding
    }

    private func hasFailed(_ domain: String, _ id: String) -> Bool {
        failures["\(domain) \(id)"].map { $0 > loop.now } ?? false
    }

    private func remember(_ domain: String, _ id: String) {
        if failures.count >= Self.maxFailures { failures = failures.filter { $0.value > loop.now } }
        guard failures.count < Self.maxFailures else { return }
        failures["\(domain) \(id)"] = loop.now.advanced(by: Self.retryTime)
    }
}
