import FoundationEssentials

/// An event as it lies in the journal and travels in a report: its JSON and, behind it, the sealed body that
/// the log keeps of an accepted message.
///
/// Layout: length of the JSON (4 bytes, big endian), the JSON, the sealed body up to the end.
package struct EventRecord: Sendable, Equatable {
    package var event: Event
    /// Sealed to the tenant's key in the context `body:<message id>`; empty when nothing is kept.
    package var sealedBody: [UInt8]

    package init(_ event: Event, sealedBody: [UInt8] = []) {
        self.event = event
        self.sealedBody = sealedBody
    }

    package static func sealContext(_ message: MessageID) -> String { "body:\(message)" }

    package func encoded() -> [UInt8] {
        // Encoding an `Event` cannot fail: it holds no floating point numbers and no custom encoders that
        // throw.
        guard let json = try? JSONEncoder().encode(event) else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + json.count + sealedBody.count)
        bytes.append(bigEndian: UInt32(json.count))
        bytes.append(contentsOf: json)
        bytes.append(contentsOf: sealedBody)
        return bytes
    }

    /// Nil when the bytes are not such a record.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard let count = bytes.bigEndianUInt32(at: 0), count <= bytes.count - 4 else { return nil }
        let json = bytes.dropFirst(4).prefix(Int(count))
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(json)) else { return nil }
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
