import EventLoop

extension SegmentLog {
    /// What opening a log found besides its groups.
    package struct Findings: Sendable {
        /// Names in the directory that are none of ours; left alone.
        package var strayNames: [String] = []
        package var quarantined: [Quarantine.Item] = []
        /// Bytes behind the last group of a segment that were cut off.
        package var tornTailBytes = 0
        /// Failures that cost nothing now but want to be looked at.
        package var warnings: [String] = []
    }

    /// Why a log cannot be opened.
    package enum OpenFailure: Error, Equatable, Sendable {
        case disk(SystemError)
        case unknownVersion(UInt32, path: String)
        /// The files contradict each other, as when somebody mixed two directories.
        case inconsistent(String)
    }

    /// A group with the bytes that its frames point into.
    package struct RecoveredGroup {
        package let group: SegmentScan.Group
        package let header: SegmentHeader
        package var segment: UInt32 { UInt32(clamping: header.number) }
        /// The whole file of the segment.
        package let bytes: UnsafeRawBufferPointer
    }

    /// Opens the log in `directory`, giving every group that counts to `visit`, oldest first.
    ///
    /// Reads one segment at a time into memory and writes nothing but repairs: the first segment is made
    /// with the first batch. `fileNames` are names that the log's user keeps in the directory itself.
    package static func open(
        directory: String, kind: SegmentHeader.Kind, segmentBytes: Int, disk: any Disk,
        fileNames: Set<String>,
        loss: SegmentScan.Loss, visit: (RecoveredGroup) -> Void
    ) throws(OpenFailure) -> (log: SegmentLog, findings: Findings) {
        let log = SegmentLog(directory: directory, kind: kind, segmentBytes: segmentBytes, disk: disk)
        var recovery = SegmentRecovery(
            log: log, quarantine: Quarantine(directory: directory, disk: disk), fileNames: fileNames,
            loss: loss)
        try recovery.run(visit)
        return (log, recovery.findings)
    }
}

/// Reads the segments of a log at start, cuts torn tails, puts damage aside.
private struct SegmentRecovery {
    let log: SegmentLog
    let quarantine: Quarantine
    let fileNames: Set<String>
    let loss: SegmentScan.Loss
    var findings = SegmentLog.Findings()
    private let buffer = ReadBuffer()

    init(log: SegmentLog, quarantine: Quarantine, fileNames: Set<String>, loss: SegmentScan.Loss) {
        self.log = log
        self.quarantine = quarantine
        self.fileNames = fileNames
        self.loss = loss
    }

    mutating func run(_ visit: (SegmentLog.RecoveredGroup) -> Void) throws(SegmentLog.OpenFailure) {
        var headers: [SegmentHeader] = []
        let numbers = try segmentNumbers()
        for number in numbers { try refuseLaterVersion(of: number) }
        for number in numbers {
            log.nextNumber = max(log.nextNumber, number + 1)
            if let header = try header(of: number) { headers.append(header) }
        }
        for (earlier, later) in zip(headers, headers.dropFirst())
        where later.baseSequence < earlier.baseSequence {
            throw .inconsistent(
                "segment \(later.number) begins at group \(later.baseSequence), "
                    + "before segment \(earlier.number) at \(earlier.baseSequence)")
        }
        headers = removeUnneeded(headers)
        for (index, header) in headers.enumerated() {
            let limit = index + 1 < headers.count ? headers[index + 1].baseSequence : UInt64.max
            do throws(SystemError) {
                try read(header, limit: limit, isLast: index + 1 == headers.count, visit)
            } catch { throw .disk(error) }
        }
    }

    private mutating func segmentNumbers() throws(SegmentLog.OpenFailure) -> [UInt64] {
        let entries: [DiskEntry]
        do throws(SystemError) { entries = try log.disk.list(log.directory) } catch { throw .disk(error) }
        var numbers: [UInt64] = []
        for entry in entries {
            if entry.isRegularFile, let number = SegmentLog.number(in: entry.name) {
                numbers.append(number)
            } else if entry.name != Quarantine.name, !fileNames.contains(entry.name) {
                findings.strayNames.append(entry.name)
            }
        }
        findings.strayNames.sort()
        return numbers.sorted()
    }

    /// Before anything is repaired, so that a later program's folder stays as it is.
    private func refuseLaterVersion(of number: UInt64) throws(SegmentLog.OpenFailure) {
        let path = SegmentLog.path(of: number, in: log.directory)
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try log.disk.openForReading(path).readUpTo(SegmentHeader.bytes, at: 0)
        } catch { throw .disk(error) }
        if case .unknownVersion(let version) = bytes.withUnsafeBytes({
            SegmentHeader.read($0, expecting: log.kind)
        }) {
            throw .unknownVersion(version, path: path)
        }
    }

    /// The header of a segment; nil when it was never used or is unreadable, and is out of the way now.
    private mutating func header(of number: UInt64) throws(SegmentLog.OpenFailure) -> SegmentHeader? {
        let path = SegmentLog.path(of: number, in: log.directory)
        do throws(SystemError) {
            let file = try log.disk.openForReading(path)
            let size = try file.size()
            let bytes = try file.readUpTo(SegmentHeader.bytes, at: 0)
            switch bytes.withUnsafeBytes({ SegmentHeader.read($0, expecting: log.kind) }) {
            case .valid(let header) where header.number == number: return header
            case .valid, .damaged, .unknownVersion: break
            }
            if size <= SegmentHeader.bytes {
                // A segment is used only after its header is durable: this one never was.
                try log.disk.remove(path)
                findings.warnings.append("segment \(number) was never finished: removed")
            } else {
                findings.quarantined.append(
                    try quarantine.moveSegment(
                        UInt32(clamping: number), from: path, in: log.directory, bytes: size))
            }
        } catch { throw .disk(error) }
        return nil
    }

    /// Drops segments that a later header says were deleted: their removal was lost in a crash.
    private mutating func removeUnneeded(_ headers: [SegmentHeader]) -> [SegmentHeader] {
        let firstNeeded = headers.map(\.firstNeeded).max() ?? 0
        for header in headers where header.number < firstNeeded {
            do throws(SystemError) {
                try log.disk.remove(SegmentLog.path(of: header.number, in: log.directory))
            } catch { findings.warnings.append("segment \(header.number) is void and stays: \(error)") }
        }
        return headers.filter { $0.number >= firstNeeded }
    }

    private mutating func read(
        _ header: SegmentHeader, limit: UInt64, isLast: Bool, _ visit: (SegmentLog.RecoveredGroup) -> Void
    ) throws(SystemError) {
        let path = SegmentLog.path(of: header.number, in: log.directory)
        let file = try log.disk.openForReading(path)
        let bytes = try buffer.read(file, count: try file.size(), at: 0)
        let number = UInt32(clamping: header.number)
        var last = header.baseSequence - 1
        var cut = 0..<0
        let scan = SegmentScan(bytes, header: header, limit: limit, loss: loss)
        for damage in scan.damage { putAside(damage, of: bytes, segment: number) }
        for group in scan.groups {
            last = group.sequence
            visit(SegmentLog.RecoveredGroup(group: group, header: header, bytes: bytes))
        }
        let tail = scan.end..<max(scan.end, scan.voidStart)
        if saveTail(tail, of: bytes, segment: number), scan.voidStart == bytes.count { cut = tail }
        log.segments.append(SegmentLog.Segment(header: header, bytes: scan.end, lastSequence: last))
        log.nextSequence = max(log.nextSequence, last + 1)
        if !cut.isEmpty { cutTail(cut, of: path) }
        if isLast {
            let start = min(scan.lastBatchStart, scan.end, bytes.count)
            let batch = UnsafeRawBufferPointer(rebasing: bytes[start..<min(scan.end, bytes.count)])
            try makeDurable(batch, at: start, of: path)
        }
    }

    /// A courtesy: a tail that stays is read again at the next start, or made void by the next segment.
    private mutating func cutTail(_ tail: Range<Int>, of path: String) {
        do throws(SystemError) {
            let file = try log.disk.openOrCreate(path)
            try file.truncate(to: tail.lowerBound)
            findings.tornTailBytes += tail.count
        } catch { findings.warnings.append("the tail of \(path) could not be cut: \(error)") }
    }

    /// Makes durable what a killed process may have written without living to see its fdatasync succeed: from
    /// here on it counts. Written again, because behind a failed fdatasync the pages are clean, and another
    /// one would succeed and write nothing. A disk that does not take it is no disk to start on.
    private func makeDurable(
        _ batch: UnsafeRawBufferPointer, at offset: Int, of path: String
    ) throws(SystemError) {
        let file = try log.disk.openOrCreate(path)
        if !batch.isEmpty { try file.writeAll(batch, at: offset) }
        try file.synchronizeAll()
    }

    /// False when the tail holds something that could not be copied first: then it stays where it is, unread.
    private mutating func saveTail(_ tail: Range<Int>, of bytes: UnsafeRawBufferPointer, segment: UInt32)
        -> Bool
    {
        guard !tail.isEmpty, bytes[tail].contains(where: { $0 != 0 }) else { return true }
        return putAside(
            SegmentScan.Damage(range: tail, reason: "torn tail"), of: bytes, segment: segment, isTail: true)
    }

    @discardableResult
    private mutating func putAside(
        _ damage: SegmentScan.Damage, of bytes: UnsafeRawBufferPointer, segment: UInt32,
        isTail: Bool = false
    ) -> Bool {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[damage.range])
        let messages = Quarantine.messages(in: slice, isTail: isTail)
        var item: Quarantine.Item
        do throws(SystemError) {
            item = try quarantine.save(
                slice, segment: segment, offset: damage.range.lowerBound, reason: damage.reason,
                whose: Self.guess(slice), messages: messages)
        } catch {
            item = Quarantine.Item(
                path: "", segment: segment, offset: damage.range.lowerBound, bytes: slice.count,
                reason: "\(damage.reason); no copy: \(error)", messages: messages)
        }
        item.isTail = isTail
        findings.quarantined.append(item)
        return !item.path.isEmpty
    }

    /// What the damaged bytes look like, for the one who reads the note.
    private static func guess(_ bytes: UnsafeRawBufferPointer) -> String {
        guard bytes.count >= Frame.headBytes + 16 else { return "Too short to tell what it was." }
        let words = (
            bytes.littleEndian(at: Frame.headBytes, as: UInt64.self),
            bytes.littleEndian(at: Frame.headBytes + 8, as: UInt64.self)
        )
        return "If its head is intact, it is a record of type \(bytes[8]) in group "
            + "\(bytes.littleEndian(at: 12, as: UInt64.self)), and a spool record would concern message "
            + hexadecimal(words.0) + hexadecimal(words.1) + "."
    }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
