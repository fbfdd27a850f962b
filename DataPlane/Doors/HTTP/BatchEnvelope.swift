import Admission
import HTTP

/// The body of a batch: an object with a list of messages. Each of them is decoded alone, so that a malformed
/// one can fail alone.
protocol BatchEnvelope: Decodable {
    /// The member that has the list.
    static var field: String { get }
    static var maxCount: Int { get }
    /// How many elements the list has.
    var count: Int { get }
}

/// An element of a list of which nothing is asked yet.
struct UnreadElement: Decodable {
    init(from decoder: any Decoder) throws {}
}

extension BatchEnvelope {
    /// With more objects than so a body is not read in one go: its memory would have no bound.
    static var maxSoundObjects: Int { 32 * maxCount }

    /// The JSON of each message, in order.
    ///
    /// - Parameter list: where the list is, when that is known.
    /// - Throws: 400 for an envelope that is not well formed, or holds none or too many.
    static func elements(
        in body: [UInt8], list: ArraySlice<UInt8>? = nil
    ) throws(APIError) -> [ArraySlice<UInt8>] {
        let envelope = try StrictDecoding.decode(Self.self, from: body, unknownFields: .refuse)
        let list = list ?? JSONOutline.member(field, of: body[...]) ?? []
        return try elements(of: list, count: envelope.count, field: field)
    }

    /// The same of a body that is the list alone.
    static func elements(inBareList body: [UInt8]) throws(APIError) -> [ArraySlice<UInt8>] {
        let count = try StrictDecoding.decode([UnreadElement].self, from: body).count
        return try elements(of: body[...], count: count, field: nil)
    }

    /// - Parameter field: nil when it is the body itself.
    /// - Throws: 400 for a batch of none or too many.
    static func check(count: Int, field: String?) throws(APIError) {
        guard (1...maxCount).contains(count) else {
            throw APIError(
                400, Refusal.Code.invalid.rawValue,
                "\(field.map { "`\($0)`" } ?? "The list") must have 1 to \(maxCount) elements.",
                field: field)
        }
    }

    private static func elements(
        of list: ArraySlice<UInt8>, count: Int, field: String?
    ) throws(APIError) -> [ArraySlice<UInt8>] {
        let elements = JSONOutline.elements(list)
        // A member that stands there twice may be another list than the one that was decoded.
        try check(count: elements.count == count ? count : 0, field: field)
        return elements
    }
}
