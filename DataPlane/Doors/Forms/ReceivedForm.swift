import HTTP

/// A form as it came: read while it arrived, so that no second copy of its files is ever there.
final class ReceivedForm {
    /// The fields, or why it is no form; nil once they are given away.
    private var form: Result<FormData, APIError>?
    /// The bytes, when the request has an idempotency key, for which alone they are; else none.
    let keyed: [UInt8]

    private init(_ form: Result<FormData, APIError>, keyed: [UInt8] = []) {
        self.form = form
        self.keyed = keyed
    }

    /// What makes two forms the same; nil for what is none, or is given away.
    var digest: [UInt8]? { (try? form?.get())?.digest }

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
        let type = request.headers["Content-Type"] ?? ""
        guard !request.headers.contains(IdempotencyKeys.header) else {
            // Another node may have to answer it, and needs it as it came.
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return ReceivedForm(
                Result { () throws(APIError) in try FormData.parse(contentType: type, body: body) },
                keyed: body)
        }
        var expected: Int?
        if case .length(let count) = request.head.framing { expected = count }
        var reader: FormReader?
        var failure: APIError?
        do throws(APIError) {
            reader = try FormReader(contentType: type, expectedBytes: expected)
        } catch { failure = error }
        let taken = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes) {
            (piece) throws(APIError) in try reader?.take(piece)
        }
        do throws(APIError) {
            if let failure { throw failure }
            try taken.get()
            guard let reader else { throw APIError.internalError }
            return ReceivedForm(.success(try reader.finish()))
        } catch { return ReceivedForm(.failure(error)) }
    }
}
