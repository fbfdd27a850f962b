import Spool

/// Payload of a journal frame: event number u64 | sequence of the spool group it came from u64, or zero |
/// event.
struct EventFrame {
    static let type: UInt8 = 16
    static let fixedBytes = 16

    let seq: UInt64
    let spoolSequence: UInt64
    let event: Range<Int>

    /// Offsets are those of `bytes`; nil for a frame of another type.
    init?(_ frame: Frame, in bytes: UnsafeRawBufferPointer) {
        guard frame.type == Self.type, frame.payloadBytes >= Self.fixedBytes else { return nil }
        seq = bytes.littleEndian(at: frame.payloadOffset, as: UInt64.self)
        spoolSequence = bytes.littleEndian(at: frame.payloadOffset + 8, as: UInt64.self)
        event = frame.payloadOffset + Self.fixedBytes..<frame.end
    }
}

/// The cursor: up to which event the control plane has acknowledged. A small text file, replaced as a whole.
enum JournalCursor {
    static let name = "cursor"
    static let names: Set<String> = [name, "\(name).new"]

    static func encode(_ seq: UInt64) -> [UInt8] { Array("acknowledged \(seq) \(check(seq))\n".utf8) }

    /// Nil for anything that `encode` did not write.
    static func decode(_ bytes: [UInt8]) -> UInt64? {
        let words = bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        guard words.count == 3, let seq = UInt64(String(decoding: words[1], as: UTF8.self)),
            encode(seq) == bytes
        else { return nil }
        return seq
    }

    /// The number turned over: enough to tell a torn or edited file from a whole one.
    private static func check(_ seq: UInt64) -> String { String(~seq, radix: 16) }
}
