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

    /// A time by RFC 3339.
    ///
    /// - Throws: 400 for any other text.
    func time(_ name: String) throws(APIError) -> Date? {
        guard let text = self[name] else { return nil }
        guard let time = RFC3339.date(text) else {
            throw .invalid(name, "must be a time such as 2026-01-31T12:00:00Z")
        }
        return time
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
