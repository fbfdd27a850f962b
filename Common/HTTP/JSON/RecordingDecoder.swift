import FoundationEssentials

/// A decoder that hands everything on to another and notes in a ledger which keys are asked for.
struct RecordingDecoder: Decoder {
    let inner: any Decoder
    let ledger: FieldLedger

    var codingPath: [any CodingKey] { inner.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { inner.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let names = try inner.container(keyedBy: FieldKey.self).allKeys.map(\.stringValue)
        return KeyedDecodingContainer(
            RecordingKeyedContainer(
                inner: try inner.container(keyedBy: type), ledger: ledger,
                object: ledger.open(inner.codingPath, present: names)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        RecordingUnkeyedContainer(inner: try inner.unkeyedContainer(), ledger: ledger)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        RecordingSingleContainer(inner: try inner.singleValueContainer(), decoder: inner, ledger: ledger)
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from decoder: any Decoder, _ ledger: FieldLedger
    ) throws -> Value {
        if isLeaf(type) { return try decoder.singleValueContainer().decode(type) }
        return try Value(from: RecordingDecoder(inner: decoder, ledger: ledger))
    }

    /// Types without fields, which the decoder below reads in its own way (dates, base64) or much faster.
    static func isLeaf(_ type: any Any.Type) -> Bool {
        type == String.self || type == [String].self || type == Bool.self || type == Int.self
            || type == [String: String].self || type == Date.self || type == Data.self || type == URL.self
            || type == Decimal.self || type == UUID.self || type is any FixedWidthInteger.Type
            || type is any BinaryFloatingPoint.Type
    }

    /// Says of an error at exactly this place which type was wanted, instead of the decoder's inner one.
    ///
    /// What the decoder reports of a date, or of a number that does not fit, has no place at all or is no
    /// `DecodingError`, so for types without fields every such error is taken to be of this place.
    static func relabel<Result>(
        _ type: any Any.Type, at path: @autoclosure () -> [any CodingKey], _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch DecodingError.typeMismatch(_, let context) where context.codingPath.count == path().count {
            throw DecodingError.typeMismatch(type, context)
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.count <= path().count {
            guard isLeaf(type) || type is any CaseIterable.Type else {
                throw DecodingError.dataCorrupted(context)
            }
            throw mismatch(type, path())
        } catch let error where !(error is DecodingError) && isLeaf(type) {
            throw mismatch(type, path())
        }
    }

    private static func mismatch(_ type: any Any.Type, _ path: [any CodingKey]) -> DecodingError {
        .typeMismatch(type, DecodingError.Context(codingPath: path, debugDescription: ""))
    }
}
