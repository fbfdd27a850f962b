import EventLoop
import NodeProtocol
import Spool
import Testing

/// What the spool's tests write.
enum Sample {
    static func id(_ number: Int) -> MessageID {
        MessageID(milliseconds: 1_700_000_000_000 + UInt64(number), node: 7, random: (0, UInt64(number)))
    }

    /// A body that tells its number and has any byte in it.
    static func body(_ number: Int, bytes: Int = 300) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 7) }
    }

    static func header(_ number: Int) -> [UInt8] { Array("header \(number)".utf8) }

    static func entry(_ number: Int, bytes: Int = 300) -> SpoolRecord {
        .entry(id(number), header: header(number), body: body(number, bytes: bytes))
    }

    static func group(_ number: Int, bytes: Int = 300) -> SpoolGroup {
        SpoolGroup(records: [entry(number, bytes: bytes)], events: [Array("accepted \(number)".utf8)])
    }

    /// Small segments, so that few records fill one; no compaction unless asked for.
    static func configuration(segmentBytes: Int = 64 << 10) -> SpoolConfiguration {
        var configuration = SpoolConfiguration()
        configuration.segmentBytes = segmentBytes
        configuration.maxBatchBytes = min(configuration.maxBatchBytes, segmentBytes)
        configuration.minFreePercent = 0
        configuration.compactMinSegments = 1 << 20
        configuration.readThreads = 1
        return configuration
    }
}
