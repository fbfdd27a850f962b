import Admission
import HTTP
import Relay

/// The body of a batch: a list of e-mails, or an object with the list in `emails`. Each is decoded alone, so
/// that a malformed one can fail alone.
enum EmailList {
    private struct Envelope: Decodable {
        let emails: [Element]
    }

    /// An element of which nothing is asked yet.
    private struct Element: Decodable {
        init(from decoder: any Decoder) throws {}
    }

    /// The JSON of each, in order.
    ///
    /// - Throws: 400 for what is no such list, or for one that is empty or too long.
    static func emails(in body: [UInt8]) throws(APIError) -> [ArraySlice<UInt8>] {
        let isBare = body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
        let count =
            isBare
            ? try StrictDecoding.decode([Element].self, from: body, unknownFields: .refuse).count
            : try StrictDecoding.decode(Envelope.self, from: body, unknownFields: .refuse).emails.count
        let list = isBare ? body[...] : JSONOutline.member("emails", of: body[...]) ?? []
        let emails = JSONOutline.elements(list)
        guard (1...EmailsRoutes.maxBatch).contains(count), emails.count == count else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue,
                "A batch must have 1 to \(EmailsRoutes.maxBatch) emails.", field: isBare ? nil : "emails")
        }
        return emails
    }
}
