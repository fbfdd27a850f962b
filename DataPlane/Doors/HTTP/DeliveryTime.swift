import Admission
import FoundationEssentials
import HTTP
import MailFormat

/// A time at which a message is to leave, as dialects write it.
enum DeliveryTime {
    /// Reads RFC 3339, with or without parts of a second, and the dates of mail (RFC 5322 §3.3).
    ///
    /// - Returns: milliseconds since 1970.
    /// - Throws: 400 naming the field.
    static func parse(_ text: String, field: String) throws(APIError) -> Int64 {
        guard let milliseconds = milliseconds(text) else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue,
                "`\(field)` must be a time such as 2026-03-01T10:00:00Z or Sun, 01 Mar 2026 10:00:00 +0000.",
                field: field)
        }
        return milliseconds
    }

    private static func milliseconds(_ text: String) -> Int64? {
        guard text.utf8.count <= 64 else { return nil }
        if let seconds = MailDate.parse(text) { return Int64(seconds) * 1000 }
        for hasFraction in [false, true] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
            if let date = try? style.parse(text) {
                return Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded())
            }
        }
        return nil
    }
}
