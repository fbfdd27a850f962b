/// Durations as an operator writes them: `500ms`, `30s`, `5m`, `2h`, `1d`, or several in a row (`1h30m`).
package enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// The duration, or nil when the text is not one, has no unit or is too large for 64 bits of
    /// milliseconds.
    package static func parse(_ text: String) -> Duration? {
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest[digits.endIndex...]
            let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest[letters.endIndex...]
            let unitName = String(decoding: letters, as: UTF8.self)
            guard let count = Int64(String(decoding: digits, as: UTF8.self)),
                let unit = units.first(where: { $0.name == unitName })
            else { return nil }
            let (part, tooLarge) = count.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, sumTooLarge) = total.addingReportingOverflow(part)
            guard !tooLarge, !sumTooLarge else { return nil }
            total = sum
        }
        return .milliseconds(total)
    }

    /// The shortest text that means the same duration, to the millisecond.
    package static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (scaled, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !tooLarge else { return "\(seconds)s" }
        let milliseconds = scaled + attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0s" }
        let unit = units.first { milliseconds % $0.milliseconds == 0 }
        return "\(milliseconds / (unit?.milliseconds ?? 1))\(unit?.name ?? "ms")"
    }
}
