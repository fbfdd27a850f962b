import Bytes
import Crypto

/// The SHA-256 of a body in its canonical form (RFC 6376 §3.4.3, §3.4.4), computed in one pass that hashes
/// the message where it lies and copies nothing.
struct DKIMBodyHash {
    /// The digest: 32 bytes.
    let digest: [UInt8]
    /// The length of the whole canonical body in bytes, hashed or not.
    let canonicalByteCount: Int

    /// - Parameters:
    ///   - start: where the body begins in the message.
    ///   - limitBytes: the `l=` tag: how many bytes of the canonical body to hash; nil for all.
    init(
        _ message: [UInt8], from start: Int, canonicalization: DKIMCanonicalization, limitBytes: Int? = nil
    ) {
        var sink = Sink(limitBytes: limitBytes)
        switch canonicalization {
        case .simple: Self.addSimple(message, from: start, to: &sink)
        case .relaxed: Self.addRelaxed(message, from: start, to: &sink)
        }
        canonicalByteCount = sink.canonicalByteCount
        digest = sink.finish()
    }

    /// Takes the canonical body piece by piece, and hashes as much of it as is signed.
    private struct Sink: ~Copyable {
        private(set) var canonicalByteCount = 0
        private var hasher = SHA256Hasher()
        private var bytesLeft: Int

        init(limitBytes: Int?) { bytesLeft = limitBytes ?? .max }

        mutating func add(_ bytes: ArraySlice<UInt8>) {
            canonicalByteCount += bytes.count
            let signed = bytes.prefix(bytesLeft)
            if signed.isEmpty { return }
            bytesLeft -= signed.count
            hasher.update(signed)
        }

        consuming func finish() -> [UInt8] { hasher.finish() }
    }

    private static let lineEnd: ArraySlice<UInt8> = [0x0D, 0x0A]
    private static let space: ArraySlice<UInt8> = [0x20]

    /// §3.4.3: as it is, with exactly one CRLF at its end.
    private static func addSimple(_ message: [UInt8], from start: Int, to sink: inout Sink) {
        var end = message.count
        while endsWithLineEnd(message, from: start, to: end) { end -= 2 }
        // Almost every body ends in one CRLF: then its bytes are hashed in one piece.
        if endsWithLineEnd(message, from: start, to: min(end + 2, message.count)), end > start {
            sink.add(message[start..<end + 2])
        } else {
            sink.add(message[start..<end])
            sink.add(lineEnd)
        }
    }

    /// §3.4.4: no white space at the end of lines, runs of it made one space, no empty lines at the end,
    /// and one CRLF at the end of what is not empty.
    private static func addRelaxed(_ message: [UInt8], from start: Int, to sink: inout Sink) {
        let end = endOfRelaxedContent(message, from: start)
        if end == start { return }
        var pieceStart = start
        var position = start
        while true {
            position = endOfSingleSpaces(message, from: position, to: end)
            if position >= end { break }
            let byte = message[position]
            // The content does not end in white space: behind a space there is another byte.
            let next = message[min(position + 1, end - 1)]
            if byte == 0x20, next != 0x20, next != 0x09, next != 0x0D {
                position += 1
                continue
            }
            let spaceStart = position
            while position < end, message[position] == 0x20 || message[position] == 0x09 { position += 1 }
            sink.add(message[pieceStart..<spaceStart])
            pieceStart = position
            // The content does not end in white space, so something follows: a line end, or text.
            if !(message[position] == 0x0D && isLineEnd(message, at: position)) { sink.add(space) }
        }
        sink.add(message[pieceStart..<end])
        sink.add(lineEnd)
    }

    /// Where the text ends that is its own canonical form.
    private static func endOfSingleSpaces(_ message: [UInt8], from start: Int, to end: Int) -> Int {
        message.withUnsafeBufferPointer { ByteRun.ofSingleSpaces($0, from: start, to: end) }
    }

    /// Where the text ends, without the white space of its last line and all empty lines after it.
    private static func endOfRelaxedContent(_ message: [UInt8], from start: Int) -> Int {
        var end = message.count
        while end > start {
            if message[end - 1] == 0x20 || message[end - 1] == 0x09 {
                end -= 1
            } else if endsWithLineEnd(message, from: start, to: end) {
                end -= 2
            } else {
                break
            }
        }
        return end
    }

    private static func endsWithLineEnd(_ message: [UInt8], from start: Int, to end: Int) -> Bool {
        end - start >= 2 && message[end - 1] == 0x0A && message[end - 2] == 0x0D
    }

    private static func isLineEnd(_ message: [UInt8], at position: Int) -> Bool {
        position + 1 < message.count && message[position + 1] == 0x0A
    }
}
