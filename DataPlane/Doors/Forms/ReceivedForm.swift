import Crypto
import HTTP

/// A form as it came: read while it arrived, so that no second copy of its files is ever there.
struct ReceivedForm {
    /// The fields, or why it is no form.
    let form: Result<FormData, APIError>
    /// SHA-256 of the whole body.
    let digest: [UInt8]

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
            return ReceivedForm(form: .success(try reader.finish()), digest: digest)
        } catch { return ReceivedForm(form: .failure(error), digest: digest) }
    }
}
