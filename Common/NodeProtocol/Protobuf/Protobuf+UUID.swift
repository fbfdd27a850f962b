import FoundationEssentials

extension ProtobufWriter {
    /// 16 bytes.
    package mutating func put(_ field: Int, _ uuid: UUID) {
        put(field, withUnsafeBytes(of: uuid.uuid) { Array($0) })
    }
}

extension ProtobufReader.Field {
    /// Nil unless there are 16 bytes.
    package var uuid: UUID? {
        guard bytes.count == 16 else { return nil }
        var uuid = UUID().uuid
        withUnsafeMutableBytes(of: &uuid) { $0.copyBytes(from: bytes) }
        return UUID(uuid: uuid)
    }
}
