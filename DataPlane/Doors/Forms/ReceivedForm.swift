import Crypto
import HTTP

/// A form as it came: read while it arrived, so that no second copy of its files is ever there.
final class ReceivedForm {
    /// The fields, or why it is no form; nil once they are given away.
    private var form: Result<FormData, APIError>?
    /// SHA-256 of the whole body.
    let digest: [UInt8]

    private init(_ form: Result<FormData, APIError>, digest: [UInt8]) {
        self.form = form
        self.digest = digest
    }

    /// Gives the fields away: whoever takes them decides how long they are kept.
    ///
    /// - Throws: why it is no form.
    func take() throws(APIError) -> FormData {
        defer { form = nil }
        guard let form else { throw APIError.internalError }
        return try form.get()
    }

    /// - Throws: `HTTPError` for a body that does not come or is too large.
    static func read(_ request: HTTPRequest) async throws(HTTPError) -> ReceivedForm {
        var expected: Int?
        if case .length(let count) = request.head.framing { expected = count }
        var hasher = SHA256Hasher()
        var reader: FormReader?
        var failure: APIError?
        do throws(APIError) {
            reader = try FormReader(
                contentType: request.headers["Content-Type"] ?? "", expectedBytes: expected)
        } catch { failure = error }
        let taken = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes) {
            (piece) throws(APIError) in
            hasher.update(piece)
            try reader?.take(piece)
        }
        let digest = hasher.finish()
        do throws(APIError) {
            if let failure { throw failure }
            try taken.get()
            guard let reader else { throw APIError.internalError }
            return ReceivedForm(.success(try reader.finish()), digest: digest)
        } catch { return ReceivedForm(.failure(error), digest: digest) }
    }
}

/// A body that is read once and then given away.
final class ReceivedBody {
    private var bytes: [UInt8] = []
    /// SHA-256 of the whole body.
    let digest: [UInt8]

    private init(_ bytes: [UInt8], digest: [UInt8]) {
        self.bytes = bytes
        self.digest = digest
    }

    func take() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }

    static func read(_ request: HTTPRequest) async throws(HTTPError) -> ReceivedBody {
        var bytes: [UInt8] = []
        if case .length(let count) = request.head.framing {
            bytes.reserveCapacity(min(count, DoorLimits.maxBodyBytes))
        }
        var hasher = SHA256Hasher()
        let taken: Result<Void, Never> = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes) {
            hasher.update($0)
            bytes += $0
        }
        taken.get()
        return ReceivedBody(bytes, digest: hasher.finish())
    }
}
