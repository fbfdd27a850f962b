import MailFormat

/// The header `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    static let maxSeconds: Int64 = 86_400

    /// The time to wait, at most a day; nil when the value is neither. A date that has passed is zero.
    static func read(_ value: String, nowSeconds: Int64) -> Duration? {
        if !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            return .seconds(min(Int64(value) ?? maxSeconds, maxSeconds))
        }
        // The form that is sent today is that of mail, with `GMT` for its zone.
        guard let date = MailDate.parse(value) else { return nil }
        return .seconds(min(max(Int64(date) - nowSeconds, 0), maxSeconds))
    }
}
