import FoundationEssentials
import HTTP
import Times

/// What lists are narrowed by.
extension QueryItems {
    /// - Throws: 400 for a text that the database cannot hold.
    func text(_ name: String) throws(APIError) -> String? {
        guard let text = self[name] else { return nil }
        guard !text.utf8.contains(0) else { throw .invalid(name, "holds a zero byte") }
        return text
    }

    /// What `time(_:isEnd:)` reads of a list that is narrowed by time.
    static let period: [RouteInfo.Parameter] = [
        .query("since", .string.described("A time by RFC 3339, or a day in UTC such as 2026-01-31.")),
        .query("until", .string.described("Before this time, or to the end of this day in UTC.")),
    ]

    /// A time by RFC 3339, or the day of one in UTC, which is the time at which it begins.
    ///
    /// - Parameter isEnd: whether what is asked for ends before it: a day is meant whole, to its end.
    /// - Throws: 400 for any other text.
    func time(_ name: String, isEnd: Bool = false) throws(APIError) -> Date? {
        guard let text = self[name] else { return nil }
        if let time = RFC3339.date(text) { return time }
        guard let day = Self.day(text) else {
            throw .invalid(name, "must be a time such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31")
        }
        return isEnd ? day + 86_400 : day
    }

    /// When a day such as 2026-01-31 begins in UTC; nil for any other text, and for a day that no month has.
    private static func day(_ text: String) -> Date? {
        text.utf8.count == 10 ? RFC3339.date(text + "T00:00:00Z") : nil
    }

    /// One of these words.
    ///
    /// - Throws: 400 for any other.
    func choice(_ name: String, of words: [String]) throws(APIError) -> String? {
        guard let word = self[name] else { return nil }
        guard words.contains(word) else {
            throw .invalid(name, "must be one of \(words.joined(separator: ", "))")
        }
        return word
    }
}
