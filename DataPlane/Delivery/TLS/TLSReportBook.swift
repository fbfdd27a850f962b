import EventLoop
import Service
import Times

/// Counts what became of the TLS of sessions, for each day, policy and reason, as RFC 8460 has it reported to
/// the domains. For all loops.
///
/// It lives in memory and forgets with the process. A session is counted once however many messages it
/// carries. Limits: `maxDays`, `maxPoliciesPerDay`, `maxDetailsPerPolicy`; what goes beyond the last one is
/// in the sums and not in the details, what goes beyond the others is in `uncounted` alone.
package final class TLSReportBook: Sendable {
    static let maxDays = 3
    static let maxPoliciesPerDay = 10_000
    static let maxDetailsPerPolicy = 32
    private static let maxReasonBytes = 200

    /// What is counted together among the failures of a policy.
    struct Detail: Hashable, Sendable {
        let result: TLSResult
        let host: String?
        let receivingIP: String?
        let sendingIP: String?
        let reason: String
    }

    struct Tally: Sendable {
        /// As it was last: its words may change within a day.
        var subject: TLSReportSubject
        var successes = 0
        var failures = 0
        var details: [Detail: Int] = [:]
    }

    fileprivate struct Key: Hashable {
        let recipientDomain: String
        let kind: TLSReportSubject.Kind
        let policyDomain: String
    }

    fileprivate struct State {
        /// By day since 1970 in UTC.
        var days: [Int64: [Key: Tally]] = [:]
        var uncounted = 0
    }

    private let now: @Sendable () -> Int64
    private let count: @Sendable (TLSReportSubject.Kind, TLSResult?) -> Void
    private let state = Locked(State())

    /// - Parameters:
    ///   - now: seconds since 1970, by the wall clock.
    ///   - count: called for each session besides, for metrics; nil is a success.
    package init(
        now: @escaping @Sendable () -> Int64,
        count: @escaping @Sendable (TLSReportSubject.Kind, TLSResult?) -> Void = { _, _ in }
    ) {
        self.now = now
        self.count = count
    }

    /// Sessions that found no room.
    package var uncounted: Int { state.withLock { $0.uncounted } }

    /// Notes a session, or a policy that could not be had.
    /// - Parameter problem: nil for a success.
    func record(
        _ subject: TLSReportSubject, _ problem: TLSProblem?, _ candidate: MailCandidate? = nil,
        sendingIP: String? = nil
    ) {
        count(subject.kind, problem?.result)
        let detail = problem.map { problem in
            Detail(
                result: problem.result, host: candidate?.name, receivingIP: candidate?.address.ip,
                sendingIP: sendingIP,
                reason: String(decoding: problem.text.utf8.prefix(Self.maxReasonBytes), as: UTF8.self))
        }
        let day = now() / 86_400
        state.withLock { $0.add(day, subject, detail) }
    }

    /// The tallies of a day.
    /// - Parameters:
    ///   - day: such as `2026-01-31`, in UTC.
    ///   - domain: of the recipients; nil for all.
    /// - Returns: Nil for a day of which nothing is known.
    func tallies(day: String, domain: String?) -> [Tally]? {
        state.withLock { state in
            guard let (_, tallies) = state.days.first(where: { Self.text(ofDay: $0.key) == day }) else {
                return nil
            }
            return tallies.values.filter { domain == nil || $0.subject.recipientDomain == domain }
        }
    }

    static func text(ofDay day: Int64) -> String {
        String(RFC3339.text(milliseconds: day &* 86_400_000).prefix(10))
    }
}

extension TLSReportBook.State {
    mutating func add(
        _ day: Int64, _ subject: TLSReportSubject, _ detail: TLSReportBook.Detail?
    ) {
        if days[day] == nil {
            days[day] = [:]
            while days.count > TLSReportBook.maxDays, let oldest = days.keys.min() { days[oldest] = nil }
        }
        let key = TLSReportBook.Key(
            recipientDomain: subject.recipientDomain, kind: subject.kind, policyDomain: subject.policyDomain)
        guard
            days[day]?[key] != nil || days[day].map({ $0.count < TLSReportBook.maxPoliciesPerDay }) == true
        else {
            uncounted += 1
            return
        }
        days[day]?[key, default: TLSReportBook.Tally(subject: subject)].add(subject, detail)
    }
}

extension TLSReportBook.Tally {
    mutating func add(_ subject: TLSReportSubject, _ detail: TLSReportBook.Detail?) {
        self.subject = subject
        guard let detail else {
            successes += 1
            return
        }
        failures += 1
        if details[detail] != nil || details.count < TLSReportBook.maxDetailsPerPolicy {
            details[detail, default: 0] += 1
        }
    }
}
