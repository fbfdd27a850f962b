import Glibc

/// The `Date` line (IMF-fixdate, RFC 9110 §5.6.7), formatted anew once a second; one for each loop.
struct DateCache {
    private var second: Int = .min
    private var bytes: [UInt8] = []

    /// `Date: Sun, 06 Nov 1994 08:49:37 GMT` with its CRLF.
    mutating func line() -> [UInt8] {
        let now = time(nil)
        if now != second {
            second = now
            bytes = Array("Date: \(Self.format(secondsSince1970: now))\r\n".utf8)
        }
        return bytes
    }

    static func format(secondsSince1970 seconds: Int) -> String {
        var clock = time_t(seconds)
        var parts = tm()
        gmtime_r(&clock, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return days[Int(parts.tm_wday) % 7] + ", " + two(parts.tm_mday) + " " + months[Int(parts.tm_mon) % 12]
            + " \(1900 + parts.tm_year) " + two(parts.tm_hour) + ":" + two(parts.tm_min) + ":"
            + two(parts.tm_sec)
            + " GMT"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
