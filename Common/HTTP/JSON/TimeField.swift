import FoundationEssentials
import Times

/// A time in a request by RFC 3339, to the millisecond: see `RFC3339`.
package struct TimeField: Decodable, FieldDescribed, Sendable, Equatable {
    package static var fieldDescription: String { "a time such as 2026-01-31T12:00:00Z" }
    package static var pluralFieldDescription: String { "times such as 2026-01-31T12:00:00Z" }

    /// Since 1970.
    package let milliseconds: Int64

    package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1_000) }

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self),
            let milliseconds = RFC3339.milliseconds(text)
        else {
            throw DecodingError.typeMismatch(
                Self.self, .init(codingPath: container.codingPath, debugDescription: ""))
        }
        self.milliseconds = milliseconds
    }

    /// - Parameters:
    ///   - field: its path, for the refusal.
    ///   - now: milliseconds since 1970.
    /// - Throws: 400 for a time that is not ahead.
    package func demandAhead(_ field: String = "scheduled_at", now: Int64) throws(APIError) {
        guard milliseconds > now else {
            throw APIError(400, "invalid_field", "`\(field)` must be in the future.", field: field)
        }
    }
}
