import EventLoop

/// Gathers the body of one request out of received bytes, by either framing.
struct BodyReader {
    private enum State {
        case length(left: Int)
        case chunked(ChunkedDecoder)
    }

    /// Memory is set aside for at most this much on the caller's word alone.
    private static let maxTrustedBytes = 1024 * 1024

    /// What has come and was not dropped.
    private(set) var bytes: [UInt8] = []
    private var droppedBytes = 0
    private var state: State

    init(_ head: HTTPRequestHead, limits: HTTPLimits) {
        switch head.framing {
        case .none: state = .length(left: 0)
        case .length(let count): state = .length(left: count)
        case .chunked: state = .chunked(ChunkedDecoder(limits: limits))
        }
    }

    var isFinished: Bool { unreadBytes == 0 }

    /// Of the whole body, so far.
    var receivedBytes: Int { droppedBytes + bytes.count }

    /// What the caller has still to send of it, when that is known.
    var unreadBytes: Int? {
        switch state {
        case .length(let left): left
        case .chunked(let decoder): decoder.isFinished ? 0 : nil
        }
    }

    /// Forgets what has come, and keeps the room for more.
    mutating func drop() {
        droppedBytes += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }

    /// Moves what is there; true when the body is whole. A chunked body stops soon after `maxBytes`.
    mutating func take(_ input: inout ByteBuffer, maxBytes: Int) throws(HTTPParseError) -> Bool {
        switch state {
        case .length(let left):
            if receivedBytes == 0 { bytes.reserveCapacity(min(left, Self.maxTrustedBytes)) }
            let count = min(left, input.count)
            // More than was set aside on trust has come: the rest is believed too, rather than grown into by
            // doubling and copying.
            if bytes.count + count > bytes.capacity { bytes.reserveCapacity(bytes.count + left) }
            bytes.append(contentsOf: input.prefix(count))
            input.consume(count)
            state = .length(left: left - count)
            return left == count
        case .chunked(var decoder):
            let isFinished = try decoder.decode(
                &input, into: &bytes, maxBytes: maxBytes - droppedBytes)
            state = .chunked(decoder)
            return isFinished
        }
    }
}
