import EventLoop
import FoundationEssentials

/// The time as services print it; two readings are never the same.
enum Clock {
    private static let readings = Locked(0)

    /// RFC 3339 in UTC with six digits after the second.
    static func timestamp() -> String {
        let count = readings.withLock { count in
            count = (count + 1) % 1_000
            return count
        }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let digits = String(count)
        return Date().formatted(style).dropLast() + String(repeating: "0", count: 3 - digits.count) + digits
            + "Z"
    }

    /// With milliseconds, as Route 53 and Cloud DNS have it.
    static func milliseconds() -> String {
        Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Seconds since 1970.
    static func seconds() -> Int { Int(Date().timeIntervalSince1970) }
}
