/// When a failed attempt is repeated: a list of pauses, each varied at random so that what failed together
/// does not come back together.
package struct RetrySchedule: Hashable, Sendable {
    /// The pause after the first, second, … attempt.
    package let pausesMilliseconds: [Int64]
    /// Whether the last pause repeats until the deadline; otherwise the attempts end with the list.
    package let repeatsLast: Bool
    /// A pause is varied between minus this and plus `jitterAbovePercent`.
    package let jitterBelowPercent: Int64
    package let jitterAbovePercent: Int64

    package init(
        pausesMilliseconds: [Int64], repeatsLast: Bool, jitterBelowPercent: Int64, jitterAbovePercent: Int64
    ) {
        self.pausesMilliseconds = pausesMilliseconds.map { min(max($0, 0), 366 * 24 * 3_600_000) }
        self.repeatsLast = repeatsLast
        self.jitterBelowPercent = min(max(jitterBelowPercent, 0), 100)
        self.jitterAbovePercent = min(max(jitterAbovePercent, 0), 100)
    }

    /// Mail: 1, 5, 15, 30 minutes, 1, 2, 4, 8, 8, … hours, ±20 %.
    package static let mail = RetrySchedule(
        pausesMilliseconds: [1, 5, 15, 30, 60, 120, 240, 480].map { $0 * 60_000 }, repeatsLast: true,
        jitterBelowPercent: 20, jitterAbovePercent: 20)

    /// Webhooks, the table of Standard Webhooks: at once, then after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and
    /// 24 h; ten attempts. Only ever later, up to 10 %.
    package static let webhook = RetrySchedule(
        pausesMilliseconds: [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map { $0 * 1_000 },
        repeatsLast: false, jitterBelowPercent: 0, jitterAbovePercent: 10)

    /// A lane whose destination cannot be reached: 30 s, 1, 2, 4, 8, 15, 30, 30, … minutes, ±10 %.
    static let unreachableLane = RetrySchedule(
        pausesMilliseconds: [30, 60, 120, 240, 480, 900, 1_800].map { $0 * 1_000 }, repeatsLast: true,
        jitterBelowPercent: 10, jitterAbovePercent: 10)

    /// Milliseconds to wait after attempt number `attempts` (1 for the first), or nil when that was the last.
    package func pauseMilliseconds(afterAttempts attempts: UInt16, random: UInt64) -> Int64? {
        let step = max(Int(attempts), 1) - 1
        let base: Int64
        if step < pausesMilliseconds.count {
            base = pausesMilliseconds[step]
        } else if repeatsLast, let last = pausesMilliseconds.last {
            base = last
        } else {
            return nil
        }
        let below = base * jitterBelowPercent / 100
        let above = base * jitterAbovePercent / 100
        return base - below + Int64(random % UInt64(below + above + 1))
    }
}
