/// What is to be remembered for a while, of an idempotency key mostly: opaque bytes, and when they were
/// written.
package struct KeyRecord: Sendable, Equatable {
    /// Milliseconds since 1970.
    package let at: Int64
    package let payload: [UInt8]

    package init(at: Int64, payload: [UInt8]) {
        self.at = at
        self.payload = payload
    }
}

/// Payload of a key frame of the spool: milliseconds u64 | bytes.
struct KeyFrame {
    static let fixedBytes = 8

    let record: KeyRecord

    /// Nil when the frame is too short.
    init?(_ frame: Frame, in bytes: UnsafeRawBufferPointer) {
        guard frame.payloadBytes >= Self.fixedBytes else { return nil }
        record = KeyRecord(
            at: bytes.littleEndian(at: frame.payloadOffset, as: Int64.self),
            payload: Array(bytes[frame.payloadOffset + Self.fixedBytes..<frame.end]))
    }
}

/// Where the key records of durable groups go, so that their segments need not be kept for them. The spool
/// calls it from its writer thread; it must not block on a disk.
package protocol KeySink: AnyObject, Sendable {
    /// The key records of all groups before this one were durable here when it was opened, and at least one
    /// of this one; 0 for none.
    var recoveredSequence: UInt64 { get }
    /// Takes the key records of a durable group. Sequences rise; groups without such records are left out.
    func append(sequence: UInt64, keys: [KeyRecord])
    /// Whether all that was taken of groups up to this one is durable here.
    func isDurable(upTo sequence: UInt64) -> Bool
    /// Calls `body` on any thread once that is so, and sees to it that it is soon.
    func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void)
}
