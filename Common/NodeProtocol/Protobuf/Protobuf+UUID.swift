import FoundationEssentials

extension ProtobufWriter {
    /// 16 bytes.
    package mutating func put(_ field: Int, _ uuid: UUID) {
        withUnsafeBytes(of: uuid.uuid) { put(field, $0) }
    }
}

extension ProtobufReader.Field {
    /// Nil unless there are 16 bytes.
    package var uuid: UUID? {
        guard bytes.count == 16 else { return nil }
        // Not by way of `UUID()`, which opens /dev/urandom.
        return UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
    }
}
