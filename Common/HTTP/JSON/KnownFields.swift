/// What is known of an object of a request before it is decoded, for a type that has many fields of which few
/// are ever given: asking the decoder for one that is not there costs a thousand instructions.
///
/// Its `init(from:)` goes through its keys in their order and passes over those that no object of its kind in
/// the body has. Where nothing is known it passes over none.
package struct KnownFields {
    private let given: GivenFields
    private let body: AbridgedBody?

    /// - Parameter table: of the type that is decoded, and of no other.
    package init(_ decoder: any Decoder, _ table: FieldTable) {
        body = AbridgedBody.of(decoder)
        given = body?.given(of: table) ?? .all
    }

    /// Whether the body is decoded for its value alone: whatever is at fault is decoded again by a decoder
    /// that tells what and where.
    package static func isForValueAlone(_ decoder: any Decoder) -> Bool { AbridgedBody.of(decoder) != nil }

    /// Whether an object of this type may have the field.
    ///
    /// - Parameter place: of its key among all of the type.
    package func mayHave(_ place: Int) -> Bool { given.contains(place) }

    /// Whether what may be a text or a list of texts is always a list: fields that the table has among its
    /// `lists`.
    package var hasListsAlone: Bool { body != nil }

    /// A field that the table has among its `texts`.
    ///
    /// - Parameter decoded: as the decoder has it.
    package func text(_ decoded: String?) throws -> String? {
        guard let body, let decoded else { return decoded }
        return try body.text(for: decoded)
    }
}
