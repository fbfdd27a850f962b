import Admission
import HTTP
import Relay

/// The body of `POST tenants/{id}/send-bulk`: an envelope around messages that are decoded one by one, so
/// that a malformed one fails alone.
enum BulkRequest {
    static let maxMessages = SendRoutes.maxBulkMessages

    private struct Envelope: Decodable {
        /// An element of which nothing is asked yet.
        struct Element: Decodable {
            init(from decoder: any Decoder) throws {}
        }

        let messages: [Element]
    }

    /// The JSON of each message, in order.
    ///
    /// - Throws: 400 for an envelope that is not well formed, or holds none or too many.
    static func messages(in body: [UInt8]) throws(APIError) -> [ArraySlice<UInt8>] {
        let envelope = try StrictDecoding.decode(Envelope.self, from: body, unknownFields: .refuse)
        let messages = elements(body)
        guard (1...maxMessages).contains(envelope.messages.count), messages.count == envelope.messages.count
        else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "`messages` must have 1 to \(maxMessages) elements.",
                field: "messages")
        }
        return messages
    }

    /// The elements of the one list that the outermost object of valid JSON has.
    private static func elements(_ json: [UInt8]) -> [ArraySlice<UInt8>] {
        var elements: [ArraySlice<UInt8>] = []
        var depth = 0
        var start: Int?
        var index = 0
        while index < json.count {
            switch json[index] {
            case UInt8(ascii: "\""): index = endOfString(json, from: index)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 2 { start = index + 1 }
            case UInt8(ascii: ","):
                if depth == 2, let from = start {
                    elements.append(json[from..<index])
                    start = index + 1
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if depth == 2, let from = start { elements.append(json[from..<index]) }
                depth -= 1
                if depth < 2 { start = nil }
            default: break
            }
            index += 1
        }
        return elements
    }

    /// Where the closing quote is.
    private static func endOfString(_ json: [UInt8], from quote: Int) -> Int {
        var index = quote + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index
    }
}
