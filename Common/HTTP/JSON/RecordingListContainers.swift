/// A list: its elements are decoded by recording decoders of their own.
struct RecordingUnkeyedContainer: UnkeyedDecodingContainer {
    var inner: any UnkeyedDecodingContainer
    let ledger: FieldLedger

    var codingPath: [any CodingKey] { inner.codingPath }
    var count: Int? { inner.count }
    var isAtEnd: Bool { inner.isAtEnd }
    var currentIndex: Int { inner.currentIndex }

    mutating func decodeNil() throws -> Bool { try inner.decodeNil() }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (path, index) = (inner.codingPath, inner.currentIndex)
        return try RecordingDecoder.relabel(type, at: path + [FieldKey(intValue: index)]) {
            if RecordingDecoder.isLeaf(type) { return try inner.decode(type) }
            return try Value(from: try superDecoder())
        }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        RecordingDecoder(inner: try inner.superDecoder(), ledger: ledger)
    }
}

/// A single value, which may turn out to be a list or an object of a type that wraps another.
struct RecordingSingleContainer: SingleValueDecodingContainer {
    let inner: any SingleValueDecodingContainer
    let decoder: any Decoder
    let ledger: FieldLedger

    var codingPath: [any CodingKey] { inner.codingPath }

    func decodeNil() -> Bool { inner.decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try RecordingDecoder.relabel(type, at: inner.codingPath) {
            try RecordingDecoder.decode(type, from: decoder, ledger)
        }
    }
}
