import NodeProtocol

/// One record of a spool group. Header and payload are opaque to the spool.
package enum SpoolRecord: Sendable {
    /// A message: what is needed at every start (envelope, recipients, settings) and what only an attempt
    /// needs.
    case entry(MessageID, header: [UInt8], body: [UInt8])
    /// Something that happened to an open entry: an attempt began, an outcome came.
    case update(MessageID, payload: [UInt8])
    /// The entry is done; its bytes may go.
    case closed(MessageID)
    /// What is to be remembered of an idempotency key, as durable as the rest of the group. It does not keep
    /// its segment: the spool hands it to its `KeySink`.
    case key(KeyRecord)

    /// Bytes that the record takes in a segment.
    package var frameBytes: Int {
        switch self {
        case .entry(_, let header, let body):
            Frame.headBytes + EntryFrame.fixedBytes + header.count + body.count
        case .update(_, let payload): Frame.headBytes + UpdateFrame.fixedBytes + payload.count
        case .closed: Frame.headBytes + 16
        case .key(let key): Frame.headBytes + KeyFrame.fixedBytes + key.payload.count
        }
    }
}

/// Records that become durable together or not at all, and the events that follow from them.
package struct SpoolGroup: Sendable {
    package var records: [SpoolRecord]
    /// Handed to the journal as soon as the records are durable. They are not in the spool: after a crash
    /// they are derived again from the records.
    package var events: [[UInt8]]
    /// The records come from another spool, whose journal told of them: nothing is ever derived of them here.
    package var isMoved = false

    /// The keys among the records.
    var keys: [KeyRecord] {
        records.compactMap { record in
            if case .key(let key) = record { key } else { nil }
        }
    }

    package init(records: [SpoolRecord], events: [[UInt8]] = []) {
        self.records = records
        self.events = events
    }
}

/// Proof that a group is on disk. Only the spool can make one, so no door can print success without it.
package struct Committed: Sendable, Equatable {
    /// The group's place in the order of all groups of this spool: rises by one, for ever.
    package let sequence: UInt64

    init(sequence: UInt64) { self.sequence = sequence }
}

/// The type byte of a spool frame.
enum RecordType: UInt8 {
    case entry = 1
    case update = 2
    case closed = 3
    /// An entry that compaction copied: it takes the place of the older copy and of all updates before it.
    case movedEntry = 4
    /// An update that compaction copied along.
    case movedUpdate = 5
    /// An idempotency key. Compaction leaves it behind.
    case key = 6

    var isEntry: Bool { self == .entry || self == .movedEntry }
    var isMoved: Bool { self == .movedEntry || self == .movedUpdate }
}

/// Payload of an entry frame: id 16 bytes | header length u32 | header | body.
struct EntryFrame {
    static let fixedBytes = 20

    let id: MessageID
    let header: Range<Int>
    let body: Range<Int>

    /// Offsets are those of `bytes`; nil when the lengths do not fit together.
    init?(_ frame: Frame, in bytes: UnsafeRawBufferPointer) {
        guard frame.payloadBytes >= Self.fixedBytes, let id = MessageID(frame, in: bytes) else { return nil }
        let headerBytes = Int(bytes.littleEndian(at: frame.payloadOffset + 16, as: UInt32.self))
        let start = frame.payloadOffset + Self.fixedBytes
        guard headerBytes <= frame.end - start else { return nil }
        self.id = id
        header = start..<start + headerBytes
        body = start + headerBytes..<frame.end
    }
}

/// Payload of an update frame: id 16 bytes | segment u32 and offset u32 of the entry's update before this
/// one, or zeros | payload.
struct UpdateFrame {
    static let fixedBytes = 24

    let id: MessageID
    let previous: SegmentLog.Position
    let payload: Range<Int>

    init?(_ frame: Frame, in bytes: UnsafeRawBufferPointer) {
        guard frame.payloadBytes >= Self.fixedBytes, let id = MessageID(frame, in: bytes) else { return nil }
        self.id = id
        previous = SegmentLog.Position(
            segment: bytes.littleEndian(at: frame.payloadOffset + 16, as: UInt32.self),
            offset: bytes.littleEndian(at: frame.payloadOffset + 20, as: UInt32.self))
        payload = frame.payloadOffset + Self.fixedBytes..<frame.end
    }
}

extension MessageID {
    /// The first 16 bytes of every spool payload.
    init?(_ frame: Frame, in bytes: UnsafeRawBufferPointer) {
        guard frame.payloadBytes >= 16 else { return nil }
        self.init(
            high: bytes.littleEndian(at: frame.payloadOffset, as: UInt64.self),
            low: bytes.littleEndian(at: frame.payloadOffset + 8, as: UInt64.self))
    }
}

extension FrameBuffer {
    func put(_ id: MessageID) {
        put(id.high)
        put(id.low)
    }

    /// Segment zero stands for "none".
    func put(_ position: SegmentLog.Position?) {
        put(position?.segment ?? 0)
        put(position?.offset ?? 0)
    }
}
