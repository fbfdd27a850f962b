/// Reads a form while it arrives: pieces of its body in whatever division, then the fields.
///
/// Each byte of a value is kept once, in its field: what is waiting for its other half (an escape, a header
/// line, a delimiter) is all that is held besides. Pure; the limits hold while the form grows.
package struct FormReader {
    private enum Kind {
        case multipart(MultipartReader)
        case urlencoded(URLEncodedReader)
    }

    private var kind: Kind

    /// - Parameters:
    ///   - contentType: `multipart/form-data` or `application/x-www-form-urlencoded`, with its parameters.
    ///   - expectedBytes: of the whole body, when it is known.
    /// - Throws: 415 for any other type, 400 for a boundary that is none.
    package init(
        contentType: String, expectedBytes: Int? = nil, limits: FormLimits = FormLimits()
    ) throws(APIError) {
        let type = try MediaType(contentType)
        switch type.name {
        case "multipart/form-data":
            guard let boundary = type.parameters["boundary"] else {
                throw FormData.malformed("it has no boundary")
            }
            kind = .multipart(
                try MultipartReader(boundary: boundary, expectedBytes: expectedBytes, limits: limits))
        case "application/x-www-form-urlencoded": kind = .urlencoded(URLEncodedReader(limits: limits))
        default:
            throw APIError(
                415, "unsupported_media_type",
                "A form must be multipart/form-data or application/x-www-form-urlencoded.")
        }
    }

    /// Takes the next piece.
    ///
    /// - Throws: 400 for what is malformed or passes a limit; nothing may be taken after that.
    package mutating func take(_ piece: ArraySlice<UInt8>) throws(APIError) {
        switch kind {
        case .multipart(var reader):
            // Taken out while it is changed, so that no field is copied.
            kind = .urlencoded(.nothing)
            try reader.take(piece)
            kind = .multipart(reader)
        case .urlencoded(var reader):
            kind = .urlencoded(.nothing)
            try reader.take(piece)
            kind = .urlencoded(reader)
        }
    }

    /// - Throws: 400 for a form that has not ended.
    package func finish() throws(APIError) -> FormData {
        switch kind {
        case .multipart(let reader): FormData(fields: try reader.finish())
        case .urlencoded(var reader): FormData(fields: try reader.finish())
        }
    }
}
