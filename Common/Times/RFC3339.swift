import FoundationEssentials

/// Times in text, read and printed in one way by every door, the control plane's answers, webhooks, tools and
/// the log: RFC 3339 to the millisecond.
///
/// A time is milliseconds since 1970-01-01T00:00:00Z, as a whole number: a `Double` holds most of them only
/// nearly, and what is printed from one is often the millisecond before. What was printed reads back as the
/// same. Nothing here depends on a locale, a time zone or the clock, and no text is too odd to be answered.
package enum RFC3339 {
    /// What four digits of a year can say: 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
    package static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// Longer ones are refused, however right they are.
    package static let maxBytes = 64

    /// `2026-01-31T23:59:59.999Z`. What is outside `range` is held at its limits.
    package static func text(milliseconds: Int64) -> String {
        var text = digits(milliseconds)
        text.append(UInt8(ascii: "."))
        append(held(milliseconds) - second(milliseconds) * 1_000, digits: 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// `2026-01-31T23:59:59Z`: the second in which the time lies.
    package static func wholeSeconds(milliseconds: Int64) -> String {
        String(decoding: digits(milliseconds) + [UInt8(ascii: "Z")], as: UTF8.self)
    }

    /// The same of the millisecond in which the date lies.
    package static func wholeSeconds(_ date: Date) -> String {
        wholeSeconds(milliseconds: milliseconds(date))
    }

    /// `2026-01-31`: the day in UTC in which the time lies.
    package static func day(milliseconds: Int64) -> String {
        String(decoding: digits(milliseconds).prefix(10), as: UTF8.self)
    }

    /// The same as `text(milliseconds:)` of the millisecond in which the date lies.
    package static func text(_ date: Date) -> String { text(milliseconds: milliseconds(date)) }

    /// The millisecond in which the date lies, held inside `range`.
    ///
    /// A `Date` is a little off the time that it was made of: one that comes as near to a millisecond as that
    /// is taken for it.
    package static func milliseconds(_ date: Date) -> Int64 {
        let exact = date.timeIntervalSince1970 * 1_000
        guard exact.isFinite else { return exact > 0 ? range.upperBound : range.lowerBound }
        let nearest = exact.rounded()
        let isMeant = abs(exact - nearest) <= max(0.000_5, exact.ulp * 2)
        let milliseconds = isMeant ? nearest : exact.rounded(.down)
        guard milliseconds > Double(range.lowerBound) else { return range.lowerBound }
        guard milliseconds < Double(range.upperBound) else { return range.upperBound }
        return Int64(milliseconds)
    }

    private static func held(_ milliseconds: Int64) -> Int64 {
        min(max(milliseconds, range.lowerBound), range.upperBound)
    }

    private static func second(_ milliseconds: Int64) -> Int64 {
        CivilDay.flooredDivision(held(milliseconds), 1_000).quotient
    }

    /// Up to the seconds: `2026-01-31T23:59:59`.
    private static func digits(_ milliseconds: Int64) -> [UInt8] {
        let (days, inDay) = CivilDay.flooredDivision(second(milliseconds), 86_400)
        let day = CivilDay(daysSince1970: days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        append(day.year, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(day.month, digits: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(day.day, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        append(inDay / 3_600, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(inDay / 60 % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(inDay % 60, digits: 2, to: &text)
        return text
    }

    private static func append(_ number: Int64, digits: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
