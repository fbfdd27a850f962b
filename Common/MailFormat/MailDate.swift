import Times

/// Dates as mail writes them: `Thu, 01 Jan 1970 00:00:00 +0000` (RFC 5322 §3.3). Always UTC.
package enum MailDate {
    static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The last second of the year 9999; later ones are written as this one, and those before 1970 as 1970.
    private static let maxSeconds = 253_402_300_799

    package static func format(secondsSince1970: Int) -> String {
        let seconds = min(max(secondsSince1970, 0), maxSeconds)
        let (day, second) = (seconds / 86_400, seconds % 86_400)
        let civil = CivilDay(daysSince1970: Int64(day))
        let time = [second / 3600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
        let date = "\(twoDigits(Int(civil.day))) \(months[Int(civil.month) - 1]) \(civil.year)"
        return "\(days[day % 7]), \(date) \(time) +0000"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
