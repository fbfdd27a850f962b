import FoundationEssentials
import NodeProtocol

/// What callers have used of their rates and tenants of their quotas, on this node.
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

    private struct Window: Sendable {
        var minute: Int64
        var previous: Int
        var current: Int
    }

    private struct Month: Sendable {
        var name: String
        /// Counted by this node since it began to count this month.
        var here: Int
        /// What the control plane knew at that time; it grows as reports reach it.
        var base: Int
    }

    private var windows: [String: Window] = [:]
    private var months: [TenantID: Month] = [:]

    package init() {}

    /// Takes one from the caller's and the tenant's rates.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: the standing of the narrower one, nil when there is no limit.
    /// - Throws: `.rateLimited` with the seconds after which to try again; then nothing was taken.
    package mutating func takeRate(_ principal: Principal, now: Int64) throws(Refusal) -> Standing? {
        var standing: Standing?
        for (name, limit) in Self.rates(principal) {
            let seen = self.standing(name, limit: limit, now: now)
            guard seen.remaining > 0 else {
                throw Refusal(
                    .rateLimited, "more than \(limit) requests in a minute",
                    retryAfterSeconds: seen.resetSeconds)
            }
            if standing.map({ seen.remaining < $0.remaining }) ?? true { standing = seen }
        }
        for (name, _) in Self.rates(principal) { windows[name]?.current += 1 }
        return standing.map {
            Standing(limit: $0.limit, remaining: $0.remaining - 1, resetSeconds: $0.resetSeconds)
        }
    }

    /// Takes `recipients` from the tenant's month.
    ///
    /// - Throws: `.quotaExceeded`; then nothing was taken.
    package mutating func takeQuota(_ tenant: TenantRecord, recipients: Int, now: Int64) throws(Refusal) {
        let name = Self.month(now)
        let known = tenant.usage.map { $0.month == name ? $0.recipients : 0 } ?? 0
        var month = months[tenant.id] ?? Month(name: name, here: 0, base: known)
        if month.name != name { month = Month(name: name, here: 0, base: known) }
        let used = max(known, month.base + month.here)
        if let quota = tenant.limits.monthlyQuota, !tenant.limits.overageEnabled, used + recipients > quota {
            throw Refusal(
                .quotaExceeded, "Monthly quota exceeded (\(used)/\(quota)). Enable overage or upgrade plan.")
        }
        month.here += recipients
        months[tenant.id] = month
    }

    /// Gives back what was taken for a message that did not reach the disk. What was taken in a month that
    /// has ended meanwhile makes no room in the next.
    package mutating func returnQuota(_ tenant: TenantID, recipients: Int) {
        guard let month = months[tenant] else { return }
        months[tenant]?.here = max(0, month.here - recipients)
    }

    private static func rates(_ principal: Principal) -> [(name: String, limit: Int)] {
        var rates: [(name: String, limit: Int)] = []
        if let limit = principal.requestsPerMinute { rates.append(("key:\(principal.originID)", limit)) }
        if let limit = principal.tenant.limits.messagesPerMinute {
            rates.append(("tenant:\(principal.tenant.id)", limit))
        }
        return rates
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
        let used = window.current + window.previous * (60 - passed) / 60
        return Standing(limit: limit, remaining: max(0, limit - used), resetSeconds: 60 - passed)
    }

    /// Such as `2026-11`, in UTC.
    static func month(_ now: Int64) -> String {
        let days = now / 86_400
        // Civil date from days since 1970 by the proleptic Gregorian calendar, years beginning in March.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(year)-\(month < 10 ? "0" : "")\(month)"
    }
}
