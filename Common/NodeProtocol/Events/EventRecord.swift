/// An event as it lies in the journal and travels in a report: its fields and, behind them, the sealed body
/// that the log keeps of an accepted message.
///
/// Layout: length of the event (4 bytes, big endian), the event as a Protocol Buffers message, the sealed
/// body up to the end.
package struct EventRecord: Sendable, Equatable {
    /// The largest message that the log keeps.
    package static let maxLoggedBodyBytes = 2 * 1024 * 1024

    private static let lengthBytes = 4

    package var event: Event
    /// A `KeptMessage`, sealed to the tenant's key in the context `kept:<message id>`; empty when nothing is
    /// kept. Earlier versions sealed the message alone, as `body:<message id>`.
    package var sealedBody: [UInt8]

    package init(_ event: Event, sealedBody: [UInt8] = []) {
        self.event = event
        self.sealedBody = sealedBody
    }

    package static func sealContext(_ message: MessageID) -> String { "body:\(message)" }

    package func encoded() -> [UInt8] {
        var bytes = Self.encode(event, bodyBytes: sealedBody.count)
        bytes += sealedBody
        return bytes
    }

    /// The bytes of such a record up to the sealed body, which is to be put behind them.
    ///
    /// - Parameter bodyBytes: for how many there is to be room.
    package static func encode(_ event: Event, bodyBytes: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lengthBytes + 512 + bodyBytes)
        bytes.append(bigEndian: 0)
        ProtobufWriter.write(behind: &bytes) { event.write(to: &$0) }
        var rest = UInt32(clamping: bytes.count - lengthBytes)
        for place in (0..<lengthBytes).reversed() {
            bytes[place] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
        return bytes
    }

    /// Nil when the bytes are not such a record.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard let count = bytes.bigEndianUInt32(at: 0), count <= bytes.count - 4 else { return nil }
        guard let event = Event(protobuf: bytes.dropFirst(4).prefix(Int(count))) else { return nil }
        self.event = event
        sealedBody = Array(bytes.dropFirst(4 + Int(count)))
    }
}

/// A batch of numbered events on its way from a node to the control plane, in the order of their numbers.
///
/// Layout of each: number (8 bytes, big endian), length (4 bytes), an `EventRecord`.
package struct Report: Sendable, Equatable {
    package static let maxBytes = 32 * 1024 * 1024
    package static let contentType = "application/vnd.dispatch.report"
    /// The item of the query with the name of the journal that the numbers are of, in hexadecimal.
    package static let journalItem = "journal"
    package static let journalNameBytes = 16

    package var records: [(seq: UInt64, bytes: [UInt8])]

    package init(_ records: [(seq: UInt64, bytes: [UInt8])]) { self.records = records }

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + 12 + $1.bytes.count })
        for record in records {
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: record.seq >> 32))
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: record.seq))
            bytes.append(bigEndian: UInt32(record.bytes.count))
            bytes.append(contentsOf: record.bytes)
        }
        return bytes
    }

    /// Nil when the bytes are not whole records with rising numbers.
    package init?(_ bytes: [UInt8]) {
        records = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let high = rest.bigEndianUInt32(at: 0), let low = rest.bigEndianUInt32(at: 4),
                let count = rest.bigEndianUInt32(at: 8), Int(count) <= rest.count - 12
            else { return nil }
            let seq = UInt64(high) << 32 | UInt64(low)
            if let last = records.last, seq <= last.seq { return nil }
            records.append((seq, Array(rest.dropFirst(12).prefix(Int(count)))))
            rest = rest.dropFirst(12 + Int(count))
        }
    }

    package static func == (left: Report, right: Report) -> Bool {
        left.records.elementsEqual(right.records) { $0.seq == $1.seq && $0.bytes == $1.bytes }
    }
}

/// The answer to a report.
package struct ReportReceipt: Codable, Sendable, Equatable {
    /// Everything up to this number is applied and will not be asked for again.
    package var acknowledged: UInt64
    package init(acknowledged: UInt64) { self.acknowledged = acknowledged }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func bigEndianUInt32(at offset: Int) -> UInt32? {
        guard count >= offset + 4 else { return nil }
        return self[(startIndex + offset)..<(startIndex + offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
