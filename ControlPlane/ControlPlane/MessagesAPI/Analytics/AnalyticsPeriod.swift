import FoundationEssentials
import HTTP

/// The time that analytics are about, in whole hours or whole days of UTC.
struct AnalyticsPeriod: Sendable, Equatable {
    enum Unit: Sendable {
        case hour, day

        var seconds: Int64 { self == .hour ? 3_600 : 86_400 }
        /// How long a period may be, in units.
        var most: Int64 { self == .hour ? 7 * 24 : 366 }
        /// How long it is when the caller does not say, in units.
        var usual: Int64 { self == .hour ? 24 : 30 }
    }

    /// The years 2000 to 2100.
    private static let known: ClosedRange<Int64> = 946_684_800...4_102_444_800

    /// Seconds since 1970, the first that counts.
    let start: Int64
    /// The first that does not.
    let end: Int64

    var from: Date { Date(timeIntervalSince1970: Double(start)) }
    var to: Date { Date(timeIntervalSince1970: Double(end)) }

    /// Reads `from` and `to`: times, or dates, which stand for the whole day. An hour or day that the period
    /// touches counts as a whole.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: 400 naming the item.
    init(_ query: QueryItems, _ unit: Unit, now: Int64) throws(APIError) {
        let until = try Self.bound("to", query, isEnd: true)
        let end = Self.roundedUp(until ?? now, unit.seconds)
        let since = try Self.bound("from", query, isEnd: false)
        let start = since.map { $0 - $0 % unit.seconds } ?? end - unit.usual * unit.seconds
        guard start < end else { throw .invalid("from", "must lie before `to`") }
        guard end - start <= unit.most * unit.seconds else {
            throw .invalid(
                "from", "and `to` must be at most \(unit == .hour ? "7 days" : "366 days") apart")
        }
        if unit == .hour {
            let first = now - Int64(UsageHours.kept) * 3_600
            guard start >= first else {
                throw .invalid("from", "lies more than 7 days back, where there are days and no hours")
            }
        }
        self.start = start
        self.end = end
    }

    private static func bound(_ name: String, _ query: QueryItems, isEnd: Bool) throws(APIError) -> Int64? {
        guard let time = try query.time(name, isEnd: isEnd) else { return nil }
        let seconds = time.timeIntervalSince1970.rounded(isEnd ? .up : .down)
        guard seconds >= Double(known.lowerBound), seconds <= Double(known.upperBound) else {
            throw .invalid(name, "must lie in the years 2000 to 2100")
        }
        return Int64(seconds)
    }

    private static func roundedUp(_ seconds: Int64, _ unit: Int64) -> Int64 {
        (seconds + unit - 1) / unit * unit
    }
}
