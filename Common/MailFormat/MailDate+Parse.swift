import Times

extension MailDate {
    /// Reads `Thu, 01 Jan 1970 00:00:00 +0000` (RFC 5322 §3.3), also without the day of the week or the
    /// seconds, and with the zones `GMT`, `UT`, `UTC`, `Z` and those of North America (§4.3).
    ///
    /// - Returns: seconds since 1970; nil for what is no such date, and for a day that no calendar has.
    package static func parse(_ text: String) -> Int? {
        var words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })[...]
        if let first = words.first, first.hasSuffix(",") {
            guard days.contains(where: { first.dropLast().lowercased() == $0.lowercased() }) else {
                return nil
            }
            words.removeFirst()
        }
        guard words.count == 5, let day = number(words[words.startIndex], digits: 1...2),
            let month = months.firstIndex(where: {
                $0.lowercased() == words[words.startIndex + 1].lowercased()
            }),
            let year = number(words[words.startIndex + 2], digits: 4...4),
            let time = seconds(ofDay: words[words.startIndex + 3]),
            let zone = seconds(ofZone: words[words.startIndex + 4]),
            year >= 1970, let days = CivilDay.days(Int64(year), Int64(month) + 1, Int64(day))
        else { return nil }
        return Int(days) * 86_400 + time - zone
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func seconds(ofDay text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else { return nil }
        let numbers = parts.compactMap { number($0, digits: 2...2) }
        // A leap second is counted as the one before it.
        guard numbers.count == parts.count, numbers[0] < 24, numbers[1] < 60,
            numbers.count == 2 || numbers[2] <= 60
        else { return nil }
        return numbers[0] * 3600 + numbers[1] * 60 + (numbers.count == 3 ? min(numbers[2], 59) : 0)
    }

    private static func seconds(ofZone text: Substring) -> Int? {
        let named = [
            "gmt": 0, "ut": 0, "utc": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7,
            "mdt": -6, "pst": -8, "pdt": -7,
        ]
        if let hours = named[text.lowercased()] { return hours * 3600 }
        guard let sign = text.first, sign == "+" || sign == "-",
            let digits = number(text.dropFirst(), digits: 4...4), digits % 100 < 60
        else { return nil }
        let seconds = digits / 100 * 3600 + digits % 100 * 60
        return sign == "-" ? -seconds : seconds
    }
}
