import FoundationEssentials
import HTTP

/// A time in a request: RFC 3339, with or without parts of a second, in any zone.
package struct ScheduledTime: Decodable, FieldDescribed, Sendable, Equatable {
    package static var fieldDescription: String { "a time such as 2026-01-31T12:00:00Z" }
    private static let maxBytes = 40

    /// Since 1970.
    package let milliseconds: Int64

    package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Nil for what is no such time.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes else { return nil }
        let styles = [
            Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true),
        ]
        guard let date = styles.lazy.compactMap({ try? $0.parse(text) }).first,
            let milliseconds = Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded())
        else { return nil }
        self.init(milliseconds: milliseconds)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self), let time = Self(text) else {
            throw DecodingError.typeMismatch(
                Self.self, .init(codingPath: container.codingPath, debugDescription: ""))
        }
        self = time
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
