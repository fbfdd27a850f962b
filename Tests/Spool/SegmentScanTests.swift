import Testing

@testable import Spool

/// Every subset of eleven frames lost, in two ways, judged by the rules alone.
@Suite struct SegmentScanTests {
    /// Frames in each group of each batch.
    private static let batches = [[2], [1, 3], [2, 1, 2]]

    private struct Planned {
        let group: UInt64
        let batch: Int
        let range: Range<Int>
    }

    private let header = SegmentHeader(
        kind: .spool, number: 1, baseSequence: 10, firstNeeded: 1, bookmarks: .init(),
        random: 0x1234_5678_9ABC)
    private let bytes: [UInt8]
    private let frames: [Planned]

    init() {
        var bytes = header.encoded()
        var frames: [Planned] = []
        var group = header.baseSequence
        for (batch, groups) in Self.batches.enumerated() {
            let buffer = FrameBuffer(header: header)
            for count in groups {
                for index in 0..<count {
                    let start = bytes.count + buffer.count
                    buffer.startFrame(
                        type: 3, sequence: group, startsBatch: buffer.count == 0, startsGroup: index == 0)
                    buffer.put(UInt16(truncatingIfNeeded: frames.count))
                    buffer.endFrame(hasMore: index < count - 1)
                    frames.append(
                        Planned(group: group, batch: batch, range: start..<bytes.count + buffer.count))
                }
                group += 1
            }
            bytes += Array(buffer.bytes)
        }
        self.bytes = bytes
        self.frames = frames
    }

    /// What the rules say of a file in which the frames of `lost` are unreadable.
    private func expected(_ lost: Int, _ loss: SegmentScan.Loss, isLast: Bool) -> [UInt64: (
        frames: Int, isPartial: Bool
    )] {
        let survives = frames.indices.map { lost >> $0 & 1 == 0 }
        let batchStarts = frames.indices.filter { index in
            index == 0 || frames[index].batch != frames[index - 1].batch
        }
        var lastStart = batchStarts.last { survives[$0] } ?? -1
        if loss == .endsTheLog, !isLast { lastStart = frames.count }
        let firstLoss = frames.indices.first { $0 > lastStart && !survives[$0] } ?? frames.count
        var groups: [UInt64: (frames: Int, isPartial: Bool)] = [:]
        for group in Set(frames.map(\.group)) {
            let all = frames.indices.filter { frames[$0].group == group }
            let left = all.filter { survives[$0] }
            guard let first = all.first, let last = left.last else { continue }
            if loss == .endsTheLog, all.contains(where: { $0 > firstLoss }) || first > firstLoss { continue }
            if left.count == all.count || last < lastStart {
                groups[group] = (left.count, left.count < all.count)
            }
        }
        return groups
    }

    @Test(arguments: [(SegmentScan.Loss.keepsWhatFollows, true), (.endsTheLog, true), (.endsTheLog, false)])
    func `whatever frames are lost, only what was acknowledged comes out in part`(
        loss: SegmentScan.Loss, isLast: Bool
    ) throws {
        for zeroes in [false, true] {
            for lost in 0..<(1 << frames.count) {
                var damaged = bytes
                for index in frames.indices where lost >> index & 1 == 1 {
                    if zeroes {
                        for offset in frames[index].range { damaged[offset] = 0 }
                    } else {
                        damaged[frames[index].range.upperBound - 1] ^= 0x80
                    }
                }
                let scan = damaged.withUnsafeBytes {
                    SegmentScan($0, header: header, limit: isLast ? .max : 16, loss: loss)
                }
                let wanted = expected(lost, loss, isLast: isLast)
                let isRight =
                    scan.groups.map(\.sequence) == wanted.keys.sorted()
                    && scan.groups.allSatisfy { group in
                        wanted[group.sequence].map { $0 == (group.frames.count, group.isPartial) } == true
                    }
                #expect(
                    isRight,
                    "lost \(String(lost, radix: 2)), zeroes \(zeroes): \(scan.groups.map(\.sequence))")
                if !isRight { return }
                accountForEveryByte(scan, lost)
            }
        }
    }

    /// Groups, damage and tail cover the file without overlap.
    private func accountForEveryByte(_ scan: SegmentScan, _ lost: Int) {
        var ranges = scan.groups.flatMap { $0.frames.map(\.range) } + scan.damage.map(\.range)
        ranges.sort { $0.lowerBound < $1.lowerBound }
        var offset = SegmentHeader.bytes
        for range in ranges {
            if range.lowerBound != offset { Issue.record("lost \(lost): a gap at \(offset)") }
            offset = range.upperBound
        }
        if offset != scan.end {
            Issue.record("lost \(lost): the tail begins at \(scan.end), not at \(offset)")
        }
    }

    @Test func `groups that a later segment begins with are void`() {
        for limit in 10...16 as ClosedRange<UInt64> {
            let scan = bytes.withUnsafeBytes {
                SegmentScan($0, header: header, limit: limit, loss: .keepsWhatFollows)
            }
            #expect(scan.groups.map(\.sequence) == Array(10..<limit))
            #expect(scan.damage.isEmpty && scan.end == scan.voidStart)
        }
    }
}
