import Admission
import HTTP
import MailFormat
import Times

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
        guard text.utf8.count <= RFC3339.maxBytes else { return nil }
        return RFC3339.milliseconds(text) ?? MailDate.parse(text).map { Int64($0) * 1000 }
    }
}
