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
        let messages = JSONOutline.member("messages", of: body[...]).map(JSONOutline.elements) ?? []
        guard (1...maxMessages).contains(envelope.messages.count), messages.count == envelope.messages.count
        else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue, "`messages` must have 1 to \(maxMessages) elements.",
                field: "messages")
        }
        return messages
    }
}
