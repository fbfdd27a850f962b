import Crypto
import HTTP
import TestSupport

/// Google's pages: `maxResults` and an opaque `pageToken`.
struct CloudDNSPage {
    private let size: Int
    private let start: Int

    /// - Throws: for a parameter that the call does not have, and for a token that it did not give.
    init(_ query: QueryItems, maxResults: Int, knows names: Set<String>) throws(CloudDNSError) {
        let always: Set<String> = ["maxResults", "pageToken", "alt", "prettyPrint", "fields", "key"]
        for name in query.names where !names.contains(name) && !always.contains(name) {
            throw CloudDNSError(
                400, "badRequest",
                "Invalid JSON payload received. Unknown name \"\(name)\": Cannot bind query "
                    + "parameter. Field '\(name)' could not be found in request message.")
        }
        var size = maxResults
        if let text = query["maxResults"] {
            guard let number = Int(text), number > 0 else { throw .parameter("maxResults", text) }
            size = min(number, maxResults)
        }
        var start = 0
        if let token = query["pageToken"], !token.isEmpty {
            guard let bytes = Base64.decodeURL(Array(token.utf8)),
                let number = Int(String(decoding: bytes, as: UTF8.self).dropFirst(5)), number > 0
            else { throw .parameter("pageToken", token) }
            start = number
        }
        (self.size, self.start) = (size, start)
    }

    /// One page; `nextPageToken` is there only when there is more.
    func json(_ kind: String, _ name: String, _ all: [JSONValue]) -> JSONValue {
        var members: [String: JSONValue] = [
            "kind": .string(kind), name: .array(Array(all.dropFirst(start).prefix(size))),
        ]
        let (next, overflow) = start.addingReportingOverflow(size)
        if !overflow, next < all.count {
            members["nextPageToken"] = .string(Base64.encodeURL(Array("page:\(next)".utf8)))
        }
        return .object(members)
    }
}
