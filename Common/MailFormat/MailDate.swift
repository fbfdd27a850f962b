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
        let (year, month, dayOfMonth) = civil(day)
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
            put(dayOfMonth, digits: 2)
            put(" ")
            put(months[month - 1])
            put(" ")
            put(year, digits: 4)
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

    /// Counts in years that begin on 1 March, so that a leap day is the last of its year.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
