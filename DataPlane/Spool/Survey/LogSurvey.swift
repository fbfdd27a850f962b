import EventLoop
import Glibc

/// Reads the folder of a log as it lies there, for people and tools: without its lock and without changing a
/// byte.
///
/// A process may be at work on the log meanwhile: its newest segment grows, new ones come, old ones go. What
/// this gives is then the state of about this moment; segments that came while it read are read too, and one
/// that went had nothing open in it any more. Groups come in the order of their sequences, each once.
/// Fails when the folder cannot be read or was written by a later program. Memory: one segment at a time.
package struct LogSurvey: Sendable {
    package struct Segment: Sendable {
        package let number: UInt32
        package let bytes: Int
        /// Behind the last whole group: a torn write, or the batch that is being written.
        package let unfinishedBytes: Int
    }

    /// Bytes that fail their checksum.
    package struct Damage: Sendable {
        package let segment: UInt32
        package let range: Range<Int>
        package let reason: String
    }

    /// Oldest first.
    package private(set) var segments: [Segment] = []
    package private(set) var damage: [Damage] = []
    /// Numbers of segments of which neither header can be read.
    package private(set) var unreadableSegments: [UInt32] = []
    /// Names in the quarantine folder, notes included, in order.
    package private(set) var quarantined: [String] = []

    private let directory: String
    private let kind: SegmentHeader.Kind
    private let loss: SegmentScan.Loss
    private let disk: any Disk
    private var lastSequence: UInt64 = 0

    /// A log that makes segments faster than they can be read is not followed further than this.
    private static let maxRounds = 16

    /// Gives every group that counts to `visit`, and to `progress` how many bytes of how many were read.
    package init(
        directory: String, kind: SegmentHeader.Kind, loss: SegmentScan.Loss, disk: any Disk,
        progress: (Int, Int) -> Void = { _, _ in }, visit: (SegmentLog.RecoveredGroup) -> Void
    ) throws(SegmentLog.OpenFailure) {
        self.directory = directory
        self.kind = kind
        self.loss = loss
        self.disk = disk
        var first: UInt64 = 0
        var isNew = true
        for _ in 0..<Self.maxRounds where isNew {
            let headers = try headers(from: first)
            try read(headers, progress, visit)
            isNew = headers.contains { $0.number > first }
            // The newest may have grown until a newer one was made: it is read again with that one.
            first = headers.last?.number ?? first
        }
        do throws(SystemError) {
            quarantined = try Quarantine(directory: directory, disk: disk).names()
        } catch {
            throw .disk(error)
        }
    }

    private mutating func headers(from first: UInt64) throws(SegmentLog.OpenFailure) -> [SegmentHeader] {
        var headers: [SegmentHeader] = []
        let names: [DiskEntry]
        do throws(SystemError) { names = try disk.list(directory) } catch { throw .disk(error) }
        let numbers = names.compactMap { $0.isRegularFile ? SegmentLog.number(in: $0.name) : nil }
        for number in numbers.sorted() where number >= first {
            let path = SegmentLog.path(of: number, in: directory)
            guard
                let bytes = try reading(
                    { (file) throws(SystemError) in
                        try file.readUpTo(SegmentHeader.bytes, at: 0)
                    }, path)
            else { continue }
            switch bytes.withUnsafeBytes({ SegmentHeader.read($0, expecting: kind) }) {
            case .valid(let header) where header.number == number: headers.append(header)
            case .unknownVersion(let version): throw .unknownVersion(version, path: path)
            case .valid, .damaged:
                // One that is no longer than its header was never used, or is being made.
                let segment = UInt32(clamping: number)
                guard try size(number) > SegmentHeader.bytes, !unreadableSegments.contains(segment) else {
                    continue
                }
                unreadableSegments.append(segment)
            }
        }
        let firstNeeded = headers.map(\.firstNeeded).max() ?? 0
        return headers.filter { $0.number >= firstNeeded }
    }

    private mutating func read(
        _ headers: [SegmentHeader], _ progress: (Int, Int) -> Void,
        _ visit: (SegmentLog.RecoveredGroup) -> Void
    ) throws(SegmentLog.OpenFailure) {
        var sizes: [Int] = []
        for header in headers { sizes.append(try size(header.number)) }
        let total = sizes.reduce(0, +)
        var done = 0
        for (index, header) in headers.enumerated() {
            let limit = index + 1 < headers.count ? headers[index + 1].baseSequence : UInt64.max
            let path = SegmentLog.path(of: header.number, in: directory)
            let bytes = try reading(
                { (file) throws(SystemError) in
                    try file.readUpTo(try file.size(), at: 0)
                }, path)
            if let bytes { take(bytes, header, limit, visit) }
            done += sizes[index]
            progress(done, total)
        }
    }

    private func size(_ number: UInt64) throws(SegmentLog.OpenFailure) -> Int {
        let path = SegmentLog.path(of: number, in: directory)
        return try reading({ (file) throws(SystemError) in try file.size() }, path) ?? 0
    }

    private mutating func take(
        _ bytes: [UInt8], _ header: SegmentHeader, _ limit: UInt64,
        _ visit: (SegmentLog.RecoveredGroup) -> Void
    ) {
        let number = UInt32(clamping: header.number)
        segments.removeAll { $0.number == number }
        damage.removeAll { $0.segment == number }
        bytes.withUnsafeBytes { bytes in
            let scan = SegmentScan(bytes, header: header, limit: limit, loss: loss)
            for item in scan.damage {
                damage.append(Damage(segment: number, range: item.range, reason: item.reason))
            }
            for group in scan.groups where group.sequence > lastSequence {
                lastSequence = group.sequence
                visit(SegmentLog.RecoveredGroup(group: group, header: header, bytes: bytes))
            }
            segments.append(
                Segment(
                    number: number, bytes: bytes.count,
                    unfinishedBytes: max(0, scan.voidStart - scan.end)))
        }
    }

    /// Nil when the file went away since its name was read.
    private func reading<Result>(
        _ body: (any DiskFile) throws(SystemError) -> Result, _ path: String
    ) throws(SegmentLog.OpenFailure) -> Result? {
        do throws(SystemError) { return try body(try disk.openForReading(path)) } catch {
            if error.code == ENOENT { return nil }
            throw .disk(error)
        }
    }
}
