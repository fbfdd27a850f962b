import EventLoop

/// Keeps key records for as long as they are good, and gives them back at a start. A node has two such logs:
/// of idempotency keys, which the spool hands over, and of senders who asked for delivery reports (`wishes`),
/// which are only noted.
///
/// A record that must not be lost is written by the spool first, in the group of its message; here it comes a
/// moment later, off the road, so that the spool's segments can go as ever. A record that says no more than
/// how a request was answered comes here alone (`note`) and may be lost by a crash of the next moment.
/// How it fails: while its disk fails, records wait in memory and are written again every second; what was
/// only noted is dropped beyond `maxQueuedBytes`. The spool keeps the segments whose records are not durable
/// here. Limits: `KeyLogConfiguration`; segments go as a whole, when all in them is too old.
///
/// Any thread may call any method. `close` must be called, after the spool's.
package final class KeyLog: KeySink {
    package let recoveredSequence: UInt64
    private let gate: Gate<KeyLogState>
    private let lock: DirectoryLock

    private init(recoveredSequence: UInt64, state: KeyLogState, lock: DirectoryLock) {
        self.recoveredSequence = recoveredSequence
        self.lock = lock
        gate = Gate(state)
    }

    /// Opens the log in `directory`, which is made when it is missing, and gives every record that is still
    /// good to `visit`, oldest first. Blocks while it reads.
    ///
    /// - Parameter now: milliseconds since 1970.
    /// - Throws: `.lockedByAnother`, `.unknownFormat`, `.inconsistent`, `.diskFailed`.
    package static func open(
        directory: String, configuration: KeyLogConfiguration = KeyLogConfiguration(),
        disk: any Disk = RealDisk(), now: @escaping @Sendable () -> Int64, visit: (KeyRecord) -> Void
    ) throws(SpoolError) -> (log: KeyLog, findings: SegmentLog.Findings) {
        do throws(SystemError) { try disk.makeDirectory(directory) } catch { throw .diskFailed(error) }
        let lock = try DirectoryLock.take(directory, disk)
        var last: UInt64 = 0
        var newest: [UInt32: Int64] = [:]
        let oldestGood = now() - configuration.keptForMilliseconds
        let log: SegmentLog
        let findings: SegmentLog.Findings
        do throws(SegmentLog.OpenFailure) {
            (log, findings) = try SegmentLog.open(
                directory: directory, kind: .keys, segmentBytes: configuration.segmentBytes, disk: disk,
                fileNames: [DirectoryLock.name], loss: .endsTheLog
            ) { recovered in
                for frame in recovered.group.frames {
                    guard let kept = KeptFrame(frame, in: recovered.bytes) else { continue }
                    last = max(last, kept.sequence)
                    newest[recovered.segment] = max(newest[recovered.segment] ?? 0, kept.record.at)
                    if kept.record.at >= oldestGood { visit(kept.record) }
                }
            }
        } catch {
            lock.release()
            throw SpoolError(opening: error)
        }
        let keys = KeyLog(recoveredSequence: last, state: KeyLogState(configuration), lock: lock)
        let handover = Handover(
            KeyLogWriter(
                log: log, newest: newest, configuration: configuration, gate: keys.gate, now: now))
        SystemThread.start(name: "keys-write") {
            handover.take()?.run()
            keys.lock.release()
            for closer in keys.gate.withLock({ $0.closing.end() }) { closer.resume() }
        }
        return (keys, findings)
    }

    package func append(sequence: UInt64, keys: [KeyRecord]) {
        gate.signal { state in for key in keys { state.put(sequence, key) } }
    }

    /// Remembers something that no message depends on.
    package func note(_ record: KeyRecord) { gate.signal { $0.note(record) } }

    package func isDurable(upTo sequence: UInt64) -> Bool {
        gate.withLock { $0.isDurable(upTo: sequence) }
    }

    package func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) {
        if !gate.signal({ $0.whenDurable(sequence, body) }) { body() }
    }

    /// Writes what has been taken, ends the thread, gives the lock back.
    package func close() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            if gate.signal({ $0.closing.begin(continuation) }) { continuation.resume() }
        }
    }
}

/// The sizes of a log of keys.
package struct KeyLogConfiguration: Sendable {
    /// Default 24 h.
    package var keptForMilliseconds: Int64 = 86_400_000
    /// Default 16 MiB.
    package var segmentBytes = 16 << 20
    /// Beyond this the oldest segments go, whatever their age. Default 2 GiB.
    package var maxDiskBytes = 2 << 30
    /// What was only noted waits in memory up to this. Default 64 MiB.
    package var maxQueuedBytes = 64 << 20
    /// How long records wait for company. Default 100.
    package var intervalMilliseconds = 100
    /// Default 1000.
    package var retryMilliseconds = 1000

    package init() {}
}

/// A frame of the log: spool sequence u64, or zero | milliseconds u64 | bytes.
struct KeptFrame {
    static let type: UInt8 = 32
    static let fixedBytes = 16

    let sequence: UInt64
    let record: KeyRecord

    /// Nil for a frame of another type, or one that is too short.
    init?(_ frame: Frame, in bytes: UnsafeRawBufferPointer) {
        guard frame.type == Self.type, frame.payloadBytes >= Self.fixedBytes else { return nil }
        sequence = bytes.littleEndian(at: frame.payloadOffset, as: UInt64.self)
        record = KeyRecord(
            at: bytes.littleEndian(at: frame.payloadOffset + 8, as: Int64.self),
            payload: Array(bytes[frame.payloadOffset + Self.fixedBytes..<frame.end]))
    }
}
