import NodeProtocol

/// When a message leaves that is to be sent when its readers look, by what they did before.
struct SendTime: Sendable, Equatable {
    /// Why it leaves at once all the same; nil when the readers' hour was found.
    enum Reason: String, Sendable {
        /// They have never opened anything of this tenant.
        case noHistory = "no_history"
        /// The history could not be asked in time.
        case historyUnavailable = "history_unavailable"
    }

    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 24 * hour

    /// Milliseconds since 1970; nil is at once.
    let at: Int64?
    let reason: Reason?

    /// - Parameters:
    ///   - opens: of each reader, by hour of the day in UTC; nil when the history could not be asked.
    ///   - now: milliseconds since 1970.
    init(opens: [[Int]]?, now: Int64) {
        guard let opens else {
            (at, reason) = (nil, .historyUnavailable)
            return
        }
        let sums = (0..<OpenHours.hoursOfDay).map { hour in
            opens.reduce(0) { sum, counts in
                let count = counts.indices.contains(hour) ? counts[hour] : 0
                let (next, isTooMany) = sum.addingReportingOverflow(max(0, count))
                return isTooMany ? .max : next
            }
        }
        guard let most = sums.max(), most > 0 else {
            (at, reason) = (nil, .noHistory)
            return
        }
        let thisHour = now - now % Self.hour
        // The first of the best ones that comes: this very hour is at once.
        let next = (0..<Int64(OpenHours.hoursOfDay)).first { ahead in
            sums[Int((thisHour + ahead * Self.hour) % Self.day / Self.hour)] == most
        }
        at = next.flatMap { $0 == 0 ? nil : thisHour + $0 * Self.hour }
        reason = nil
    }
}
