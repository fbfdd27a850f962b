/// An object: every key that is asked for is noted.
struct RecordingKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let inner: KeyedDecodingContainer<Key>
    let ledger: FieldLedger
    let object: FieldLedger.Object

    var codingPath: [any CodingKey] { inner.codingPath }
    var allKeys: [Key] { inner.allKeys }

    func contains(_ key: Key) -> Bool {
        object.asked.append(key.stringValue)
        return inner.contains(key)
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        object.asked.append(key.stringValue)
        return try inner.decodeNil(forKey: key)
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        object.asked.append(key.stringValue)
        return try RecordingDecoder.relabel(type, at: inner.codingPath + [key]) {
            if RecordingDecoder.isLeaf(type) { return try inner.decode(type, forKey: key) }
            guard inner.contains(key) else {
                throw DecodingError.keyNotFound(
                    key, DecodingError.Context(codingPath: inner.codingPath, debugDescription: "missing"))
            }
            return try Value(
                from: RecordingDecoder(inner: try inner.superDecoder(forKey: key), ledger: ledger))
        }
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        object.asked.append(key.stringValue)
        if RecordingDecoder.isLeaf(type) {
            return try RecordingDecoder.relabel(type, at: inner.codingPath + [key]) {
                try inner.decodeIfPresent(type, forKey: key)
            }
        }
        guard inner.contains(key), try !inner.decodeNil(forKey: key) else { return nil }
        return try decode(type, forKey: key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        object.asked.append("super")
        return RecordingDecoder(inner: try inner.superDecoder(), ledger: ledger)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        object.asked.append(key.stringValue)
        return RecordingDecoder(inner: try inner.superDecoder(forKey: key), ledger: ledger)
    }
}
