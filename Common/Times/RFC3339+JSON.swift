import FoundationEssentials

extension JSONEncoder.DateEncodingStrategy {
    /// `2026-01-31T23:59:59Z`, as `RFC3339.wholeSeconds(_:)` prints it.
    package static var wholeSeconds: JSONEncoder.DateEncodingStrategy {
        .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(RFC3339.wholeSeconds(date))
        }
    }
}
