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
        return String(unsafeUninitializedCapacity: 40) { output in
            var count = 0
            func put(_ text: String) {
                for byte in text.utf8 {
                    output[count] = byte
                    count += 1
                }
            }
            func put(_ number: Int, digits: Int) {
                var rest = number
                for place in (count..<count + digits).reversed() {
                    output[place] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                    rest /= 10
                }
                count += digits
            }
            put(days[day % 7])
            put(", ")
            put(Int(civil.day), digits: 2)
            put(" ")
            put(months[Int(civil.month) - 1])
            put(" ")
            put(Int(civil.year), digits: 4)
            put(" ")
            put(second / 3600, digits: 2)
            put(":")
            put(second / 60 % 60, digits: 2)
            put(":")
            put(second % 60, digits: 2)
            put(" +0000")
            return count
        }
    }
}
