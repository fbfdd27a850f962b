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
        var text: [UInt8] = []
        append(secondsSince1970: secondsSince1970, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The same at the end of `output`.
    package static func append(secondsSince1970: Int, to output: inout [UInt8]) {
        let seconds = min(max(secondsSince1970, 0), maxSeconds)
        let (day, second) = (seconds / 86_400, seconds % 86_400)
        let civil = CivilDay(daysSince1970: Int64(day))
        output.append(contentsOf: days[day % 7].utf8)
        output.append(literal: ", ")
        put(Int(civil.day), to: &output)
        output.append(.space)
        output.append(contentsOf: months[Int(civil.month) - 1].utf8)
        output.append(.space)
        put(Int(civil.year) / 100, to: &output)
        put(Int(civil.year) % 100, to: &output)
        output.append(.space)
        put(second / 3600, to: &output)
        output.append(.colon)
        put(second / 60 % 60, to: &output)
        output.append(.colon)
        put(second % 60, to: &output)
        output.append(literal: " +0000")
    }

    /// Two digits.
    private static func put(_ number: Int, to output: inout [UInt8]) {
        output.append(UInt8(truncatingIfNeeded: 0x30 + number / 10))
        output.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
}
