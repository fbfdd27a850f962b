import FoundationEssentials

/// Decodes a request's JSON and refuses what nobody would notice otherwise: fields that the type does not ask
/// for. A silent drop of `attachment` where `attachments` was meant loses an attachment.
///
/// Any `Decodable` type will do: what a type asks its decoder for is recorded and compared with what is
/// there, on every level. Keys of dictionaries are all known.
package enum StrictDecoding {
    /// What to do with fields that the type does not know.
    package enum UnknownFields: Sendable {
        case refuse
        /// Refused, except these of the outermost object: what a dialect's real clients send besides.
        case refuseExcept(Set<String>)
        case ignore
    }

    package static let maxDepth = 64

    /// - Throws: 400 with the path of the field at fault and a plain sentence.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], unknownFields: UnknownFields = .refuse
    ) throws(APIError) -> Value {
        try recorded(type, from: bytes, unknownFields)
    }

    private static func recorded<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], _ unknownFields: UnknownFields
    ) throws(APIError) -> Value {
        try JSONScanner.check(bytes, maxDepth: maxDepth)
        let recorded: Recorded<Value>
        do {
            recorded = try decoder().decode(Recorded<Value>.self, from: Data(bytes))
        } catch {
            // What the type has to say is recorded.
            throw JSONFailure.notJSON()
        }
        return try check(recorded, unknownFields)
    }

    /// The same for a type whose fields stand in a table. Whatever is not as it should be is decoded by the
    /// record, which says what and where.
    package static func decode<Value: TabledFields>(
        _ type: Value.Type, from bytes: [UInt8], unknownFields: UnknownFields = .refuse
    ) throws(APIError) -> Value {
        if case .refuse = unknownFields, let value = try decodeIfSound(type, from: bytes) { return value }
        return try recorded(type, from: bytes, unknownFields)
    }

    /// The same, but nil for JSON that is not as its type wants it, has other fields or too many objects: for
    /// those who can read it in another way.
    package static func decodeIfSound<Value: TabledFields>(
        _ type: Value.Type, from bytes: [UInt8], maxObjects: Int = .max
    ) throws(APIError) -> Value? {
        let known = try JSONScanner.check(bytes, maxDepth: maxDepth, fields: Value.fields)
        return known.isWhole && known.objectCount <= maxObjects
            ? decoded(type, from: AbridgedBody(bytes, known.changes, given: known.given)) : nil
    }

    /// Nil when the value is not as its type wants it.
    private static func decoded<Value: Decodable>(_ type: Value.Type, from body: AbridgedBody) -> Value? {
        let decoder = decoder()
        body.hand(to: decoder)
        let value = try? decoder.decode(type, from: body.rest)
        return body.isTakenUp ? value : nil
    }

    private static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { try TimeField(from: $0).date }
        return decoder
    }

    private static func check<Value>(
        _ recorded: Recorded<Value>, _ unknownFields: UnknownFields
    ) throws(APIError) -> Value {
        let accepted: Set<String>
        switch unknownFields {
        case .refuse: accepted = []
        case .refuseExcept(let names): accepted = names
        case .ignore: return try value(recorded)
        }
        let value = try value(recorded)
        let unknown = recorded.ledger.unknownFields(except: accepted)
        guard unknown.isEmpty else { throw JSONFailure.unknownFields(unknown) }
        return value
    }

    private static func value<Value>(_ recorded: Recorded<Value>) throws(APIError) -> Value {
        do { return try recorded.outcome.get() } catch { throw JSONFailure.apiError(error) }
    }
}

/// A value together with the record of what its type asked for.
private struct Recorded<Value: Decodable>: Decodable {
    let outcome: Result<Value, any Error>
    let ledger = FieldLedger()

    init(from decoder: any Decoder) throws {
        let ledger = ledger
        outcome = Result {
            try RecordingDecoder.relabel(Value.self, at: []) {
                try RecordingDecoder.decode(Value.self, from: decoder, ledger)
            }
        }
    }

    private enum CodingKeys: CodingKey {}
}
