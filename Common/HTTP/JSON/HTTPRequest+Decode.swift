extension HTTPRequest {
    /// Receives the body and decodes it as JSON, strictly: see `StrictDecoding`.
    ///
    /// The type of the body is not looked at: what is not JSON is told so.
    ///
    /// - Throws: 413, 408, 400 with the path of the field at fault.
    package func decode<Value: Decodable>(
        _ type: Value.Type, maxBytes: Int, unknownFields: StrictDecoding.UnknownFields = .refuse
    ) async throws(APIError) -> Value {
        let bytes: [UInt8]
        do { bytes = try await readBody(maxBytes: maxBytes) } catch { throw error.apiError }
        return try StrictDecoding.decode(type, from: bytes, unknownFields: unknownFields)
    }

    /// Receives the body and reads it as a form: `multipart/form-data` or
    /// `application/x-www-form-urlencoded`.
    ///
    /// - Throws: 413, 408, 400, and 415 for any other type.
    package func form(maxBytes: Int, limits: FormLimits = FormLimits()) async throws(APIError) -> FormData {
        let bytes: [UInt8]
        do { bytes = try await readBody(maxBytes: maxBytes) } catch { throw error.apiError }
        return try FormData.parse(contentType: headers["content-type"] ?? "", body: bytes, limits: limits)
    }
}
