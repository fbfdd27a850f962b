/// A text of a request that may be as large as a file, such as base64. It is left where it came, in the bytes
/// of the body, in place of being copied through the decoder.
package struct LongText: Decodable, FieldDescribed, Sendable {
    package static var fieldDescription: String { "a string" }
    package static var pluralFieldDescription: String { "strings" }

    package let utf8: ArraySlice<UInt8>

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        utf8 = AbridgedBody.of(decoder)?.bytes(for: text) ?? Array(text.utf8)[...]
    }
}
