import FoundationEssentials
import NodeProtocol
import Times

/// What callers have used of their rates and tenants of their quotas.
///
/// Nodes share a tenant's limits by what each has reported: a node counts what it takes itself at once, and
/// what others take when the snapshot tells of it. So a tenant may pass a limit by what the other nodes take
/// in the time between a report and the snapshot that tells of it, and by no more.
///
/// A value: whoever shares it locks it. Rates are sliding windows of a minute from two fixed ones; a window
/// that nobody used for two minutes is dropped when there are many.
package struct Meters: Sendable {
    private static let maxIdleWindows = 100_000

    /// How a rate stands, for the headers of an answer.
    package struct Standing: Sendable, Equatable {
        package let limit: Int
        package let remaining: Int
        package let resetSeconds: Int

        package init(limit: Int, remaining: Int, resetSeconds: Int) {
            self.limit = limit
            self.remaining = remaining
            self.resetSeconds = resetSeconds
        }
    }

    /// What a rate is taken for.
    package enum Use: Sendable {
        /// Messages, which count for the caller's rate and for the tenant's.
        case sending
        /// A question or a change, which counts for the caller's alone.
        case asking
    }

    /// More was asked for than there is; then nothing was taken.
    package struct RateExceeded: Error, Sendable, Equatable {
        /// Of the narrowest rate, as it is.
        package let standing: Standing
        /// When as many as were asked for fit, if nobody else takes any.
        package let retryAfterSeconds: Int

        package var refusal: Refusal {
            Refusal(
                .rateLimited, "more than \(standing.limit) messages or other requests in a minute",
                retryAfterSeconds: retryAfterSeconds)
        }
    }

    private struct Window: Sendable {
        var minute: Int64
        var previous: Int
        var current: Int

        /// What counts of it, so many seconds behind the beginning of its minute.
        func used(after seconds: Int) -> Int {
            seconds < 60 ? current + previous * (60 - seconds) / 60 : current * max(0, 120 - seconds) / 60
        }
    }

    /// What this node has taken for a tenant; what it did not tell of before it was last started is missing
    /// until its reports are in.
    private struct Taken: Sendable {
        var month: String
        var day: String
        var inMonth = 0
        var inDay = 0
    }

    /// A day and its month, as a usage names them.
    private struct Today: Sendable {
        private static let secondsOfDay: Int64 = 86_400

        private let number: Int64
        /// Such as `2026-11`, in UTC.
        let month: String
        /// Such as `2026-11-21`, in UTC.
        let day: String

        init(now: Int64) {
            number = Self.number(now)
            day = RFC3339.day(milliseconds: now * 1_000)
            month = String(day.dropLast(3))
        }

        func includes(_ now: Int64) -> Bool { Self.number(now) == number }

        private static func number(_ now: Int64) -> Int64 {
            (now < 0 ? now - (secondsOfDay - 1) : now) / secondsOfDay
        }
    }

    private let node: UInt16
    private var windows: [String: Window] = [:]
    private var taken: [TenantID: Taken] = [:]
    /// Written once a day: each message asks for it.
    private var today = Today(now: 0)

    /// - Parameter node: whose own share of the usage this counts.
    package init(node: UInt16) { self.node = node }

    /// Takes so many at once from the caller's rate and, for messages that are not of a test key, from the
    /// tenant's.
    ///
    /// - Parameters:
    ///   - count: at least one.
    ///   - usage: of the caller's tenant.
    ///   - now: seconds since 1970.
    /// - Returns: the standing of the narrower one, nil when there is no limit.
    package mutating func takeRate(
        _ principal: Principal, count: Int = 1, for use: Use = .sending, usage: TenantUsage?, now: Int64
    ) throws(RateExceeded) -> Standing? {
        var narrowest: Standing?
        let rates = rates(principal, use, usage)
        for (name, limit) in rates {
            let seen = standing(name, limit: limit, now: now)
            if narrowest.map({ seen.remaining < $0.remaining }) ?? true { narrowest = seen }
        }
        guard let narrowest else { return nil }
        guard narrowest.remaining >= count else {
            let wait = rates.map { secondsUntil(count, fit: $0.limit, in: $0.name, now: now) }.max()
            throw RateExceeded(standing: narrowest, retryAfterSeconds: wait ?? 0)
        }
        for (name, _) in rates { windows[name]?.current += count }
        return Standing(
            limit: narrowest.limit, remaining: narrowest.remaining - count,
            resetSeconds: narrowest.resetSeconds)
    }

    /// Gives back what was taken for messages that came to nothing.
    package mutating func returnRate(_ principal: Principal, count: Int) {
        for (name, _) in rates(principal, .sending, nil) {
            guard let window = windows[name] else { continue }
            let recent = min(count, window.current)
            windows[name]?.current = window.current - recent
            windows[name]?.previous = max(0, window.previous - (count - recent))
        }
    }

    /// Takes `recipients` from the tenant's day and month.
    ///
    /// - Throws: `.quotaExceeded`, `.dailyQuotaExceeded`; then nothing was taken.
    package mutating func takeQuota(
        _ tenant: TenantRecord, usage: TenantUsage?, recipients: Int, now: Int64
    ) throws(Refusal) {
        if !today.includes(now) { today = Today(now: now) }
        let (month, day) = (today.month, today.day)
        var own = taken[tenant.id] ?? Taken(month: month, day: day)
        if own.month != month { (own.month, own.inMonth) = (month, 0) }
        if own.day != day { (own.day, own.inDay) = (day, 0) }
        var (othersInMonth, othersInDay) = (0, 0)
        for share in usage?.shares ?? [] {
            let inMonth = usage?.month == month ? share.month : 0
            let inDay = usage?.day == day ? share.day : 0
            if share.node == node {
                own.inMonth = max(own.inMonth, inMonth)
                own.inDay = max(own.inDay, inDay)
            } else {
                othersInMonth += inMonth
                othersInDay += inDay
            }
        }
        try check(
            tenant.limits, inMonth: othersInMonth + own.inMonth, inDay: othersInDay + own.inDay, recipients,
            now)
        own.inMonth += recipients
        own.inDay += recipients
        taken[tenant.id] = own
    }

    private func check(
        _ limits: TenantRecord.Limits, inMonth: Int, inDay: Int, _ recipients: Int, _ now: Int64
    ) throws(Refusal) {
        if let quota = limits.monthlyQuota, !limits.overageEnabled, inMonth + recipients > quota {
            throw Refusal(
                .quotaExceeded,
                "Monthly quota exceeded (\(inMonth)/\(quota)). Enable overage or upgrade plan.")
        }
        if let quota = limits.dailyQuota, inDay + recipients > quota {
            throw Refusal(
                .dailyQuotaExceeded,
                "Daily quota exceeded (\(inDay)/\(quota)). It begins anew at midnight UTC.",
                retryAfterSeconds: Int(86_400 - now % 86_400))
        }
    }

    /// Gives back what was taken for a message that did not reach the disk. What was taken in a month that
    /// has ended meanwhile makes no room in the next.
    package mutating func returnQuota(_ tenant: TenantID, recipients: Int) {
        guard let own = taken[tenant] else { return }
        taken[tenant]?.inMonth = max(0, own.inMonth - recipients)
        taken[tenant]?.inDay = max(0, own.inDay - recipients)
    }

    private func rates(
        _ principal: Principal, _ use: Use, _ usage: TenantUsage?
    ) -> [(name: String, limit: Int)] {
        var rates: [(name: String, limit: Int)] = []
        if let limit = principal.requestsPerMinute { rates.append(("key:\(principal.originID)", limit)) }
        if use == .sending, !principal.isTest, let limit = principal.tenant.limits.messagesPerMinute {
            rates.append(("tenant:\(principal.tenant.id)", share(of: limit, usage)))
        }
        return rates
    }

    /// What the other nodes leave of a tenant's rate, and never less than an equal part.
    private func share(of limit: Int, _ usage: TenantUsage?) -> Int {
        let busy = (usage?.shares ?? []).filter { $0.node != node && $0.perMinute > 0 }
        guard !busy.isEmpty else { return limit }
        return max(limit / (busy.count + 1), limit - busy.reduce(0) { $0 + $1.perMinute }, 1)
    }

    private mutating func standing(_ name: String, limit: Int, now: Int64) -> Standing {
        let minute = now / 60
        var window = windows[name] ?? Window(minute: minute, previous: 0, current: 0)
        if window.minute != minute {
            let follows = window.minute == minute - 1
            window = Window(minute: minute, previous: follows ? window.current : 0, current: 0)
        }
        if windows.count > Self.maxIdleWindows { windows = windows.filter { $0.value.minute >= minute - 1 } }
        windows[name] = window
        let passed = Int(now % 60)
        return Standing(
            limit: limit, remaining: max(0, limit - window.used(after: passed)), resetSeconds: 60 - passed)
    }

    /// When so many fit into a window that `standing` has looked at, if nobody else takes any: what never
    /// fits is put off until the window is empty.
    private func secondsUntil(_ count: Int, fit limit: Int, in name: String, now: Int64) -> Int {
        guard let window = windows[name] else { return 0 }
        let passed = Int(now % 60)
        let fitting = (passed..<120).first { limit - window.used(after: $0) >= count }
        return (fitting ?? 120) - passed
    }
}
