/// A day of the proleptic Gregorian calendar, and its number since 1970-01-01.
///
/// Years are counted from March, so that the leap day is the last of its year and an era of 400 years has a
/// fixed length of 146,097 days.
package struct CivilDay: Sendable {
    private static let daysOfEra: Int64 = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let daysTo1970: Int64 = 719_468

    package let year: Int64
    package let month: Int64
    package let day: Int64

    /// - Parameter days: any that a time in milliseconds can have.
    package init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = Self.flooredDivision(days + Self.daysTo1970, Self.daysOfEra)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// - Parameter year: of four digits.
    /// - Returns: nil for a day that the month of that year has not.
    package static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = flooredDivision(shifted, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * daysOfEra + dayOfEra - daysTo1970
        // The 31st of a month of 30 days comes out as the first of the next.
        return CivilDay(daysSince1970: days).day == day ? days : nil
    }

    static func flooredDivision(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
