import HTTP

/// A body that is read once and then given away, so that it is gone once something was made of it.
final class ReceivedBody {
    private var bytes: [UInt8]
    /// The same bytes, when the request has an idempotency key, for which alone they are; else none.
    let keyed: [UInt8]

    private init(_ bytes: [UInt8], isKeyed: Bool) {
        self.bytes = bytes
        keyed = isKeyed ? bytes : []
    }

    func take() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }

    /// - Throws: `HTTPError` for a body that does not come or is too large.
    static func read(_ request: HTTPRequest) async throws(HTTPError) -> ReceivedBody {
        var bytes: [UInt8] = []
        if case .length(let count) = request.head.framing {
            bytes.reserveCapacity(min(count, DoorLimits.maxBodyBytes))
        }
        let taken: Result<Void, Never> = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes) {
            bytes += $0
        }
        taken.get()
        return ReceivedBody(bytes, isKeyed: request.headers.contains(IdempotencyKeys.header))
    }
}
