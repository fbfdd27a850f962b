import FoundationEssentials

extension RFC3339 {
    /// Reads a `date-time` of RFC 3339 §5.6: `2026-01-31T23:59:59Z`, with any digits of a second and any
    /// offset, `T` and `Z` in either case. What is finer than a millisecond is cut off.
    ///
    /// A second 60 is read where there can be one, at the end of a month in UTC (§5.7), as the one before it.
    /// An offset may leave out its colon or its minutes, as ISO 8601 allows and some clients write it.
    ///
    /// - Returns: milliseconds since 1970, inside `range`; nil for any other text, and for a day or an hour
    ///   that no calendar and no clock has.
    package static func milliseconds(_ text: String) -> Int64? {
        guard text.utf8.count <= maxBytes else { return nil }
        var reader = Reader(bytes: Array(text.utf8))
        return reader.dateTime()
    }

    /// The same as a date.
    package static func date(_ text: String) -> Date? {
        milliseconds(text).map { Date(timeIntervalSince1970: Double($0) / 1_000) }
    }

    /// Goes through the text from left to right. All its numbers have few digits, so no sum of them is large.
    private struct Reader {
        let bytes: [UInt8]
        private var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func dateTime() -> Int64? {
            guard let year = number(digits: 4), take("-"), let month = number(digits: 2), take("-"),
                let day = number(digits: 2), take("T", "t"), let days = CivilDay.days(year, month, day),
                let hour = number(digits: 2), hour < 24, take(":"),
                let minute = number(digits: 2), minute < 60, take(":"),
                let second = number(digits: 2), second <= 60, let milliseconds = fraction(),
                let offset = offset(), index == bytes.count
            else { return nil }
            // The start of the minute in UTC.
            let start = days * 86_400 + hour * 3_600 + minute * 60 - offset
            if second == 60, !Self.mayHaveLeapSecond(start) { return nil }
            let time = (start + min(second, 59)) * 1_000 + milliseconds
            return range.contains(time) ? time : nil
        }

        private mutating func number(digits: Int) -> Int64? {
            var number: Int64 = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        private mutating func digit() -> Int64? {
            guard index < bytes.count, (0x30...0x39).contains(bytes[index]) else { return nil }
            index += 1
            return Int64(bytes[index - 1] - 0x30)
        }

        private mutating func take(_ choices: Unicode.Scalar...) -> Bool {
            guard index < bytes.count, choices.contains(Unicode.Scalar(bytes[index])) else { return false }
            index += 1
            return true
        }

        /// Milliseconds; 0 when there is no fraction, nil when it has no digit.
        private mutating func fraction() -> Int64? {
            guard take(".") else { return 0 }
            guard var milliseconds = digit().map({ $0 * 100 }) else { return nil }
            var weight: Int64 = 10
            while let digit = digit() {
                milliseconds += digit * weight
                weight /= 10
            }
            return milliseconds
        }

        /// Seconds east of UTC.
        private mutating func offset() -> Int64? {
            if take("Z", "z") { return 0 }
            let isWest = index < bytes.count && bytes[index] == UInt8(ascii: "-")
            guard take("+", "-"), let hours = number(digits: 2), hours < 24 else { return nil }
            var minutes: Int64 = 0
            if take(":") || index < bytes.count {
                guard let number = number(digits: 2), number < 60 else { return nil }
                minutes = number
            }
            return (hours * 3_600 + minutes * 60) * (isWest ? -1 : 1)
        }

        /// - Parameter start: of a minute, in seconds since 1970.
        private static func mayHaveLeapSecond(_ start: Int64) -> Bool {
            let (days, inDay) = CivilDay.flooredDivision(start, 86_400)
            return inDay == 86_340 && CivilDay(daysSince1970: days + 1).day == 1
        }
    }
}
