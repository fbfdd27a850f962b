import Crypto
import HTTP

/// A form as it came: read while it arrived, so that no second copy of its files is ever there.
final class ReceivedForm {
    /// The fields, or why it is no form; nil once they are given away.
    private var form: Result<FormData, APIError>?
    /// SHA-256 of the whole body; empty when the request has no idempotency key, for which alone it is.
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
        var reader: FormReader?
        var failure: APIError?
        do throws(APIError) {
            reader = try FormReader(
                contentType: request.headers["Content-Type"] ?? "", expectedBytes: expected)
        } catch { failure = error }
        let (taken, digest) = try await receive(request) { (piece) throws(APIError) in
            try reader?.take(piece)
        }
        do throws(APIError) {
            if let failure { throw failure }
            try taken.get()
            guard let reader else { throw APIError.internalError }
            return ReceivedForm(.success(try reader.finish()), digest: digest)
        } catch { return ReceivedForm(.failure(error), digest: digest) }
    }

    /// The body in pieces, and its digest where that will be asked for.
    private static func receive(
        _ request: HTTPRequest, _ take: (ArraySlice<UInt8>) throws(APIError) -> Void
    ) async throws(HTTPError) -> (Result<Void, APIError>, digest: [UInt8]) {
        guard request.headers.contains(IdempotencyKeys.header) else {
            return (try await request.readBody(maxBytes: DoorLimits.maxBodyBytes, take), [])
        }
        var hasher = SHA256Hasher()
        let taken = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes) {
            (piece) throws(APIError) in
            hasher.update(piece)
            try take(piece)
        }
        return (taken, hasher.finish())
    }
}
