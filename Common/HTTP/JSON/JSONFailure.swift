/// What went wrong while decoding, in a sentence that names the field.
enum JSONFailure {
    static func notJSON(_ reason: String? = nil) -> APIError {
        APIError(
            400, "invalid_json",
            "The request body is not valid JSON" + (reason.map { ": " + $0 } ?? "") + ".")
    }

    static func apiError(_ error: any Error) -> APIError {
        switch error {
        case let error as APIError: error
        case let error as DecodingError: apiError(error)
        default: notJSON()
        }
    }

    private static func apiError(_ error: DecodingError) -> APIError {
        switch error {
        case .typeMismatch(let type, let context):
            return invalid(context.codingPath, "must be \(FieldDescription.of(type))")
        case .keyNotFound(let key, let context):
            let path = FieldPath.text(context.codingPath + [key])
            return APIError(400, "missing_field", "`\(path)` is required.", field: path)
        case .valueNotFound(_, let context):
            return invalid(context.codingPath, "must not be null")
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty && context.underlyingError != nil
                ? notJSON() : invalid(context.codingPath, reason(context.debugDescription))
        @unknown default: return notJSON()
        }
    }

    /// What a type of ours says is passed on; what the library says names types of the program, so it is not.
    private static func reason(_ description: String) -> String {
        if description.isEmpty || description.hasPrefix("Cannot initialize") || description.contains("Swift")
        {
            return "is not one of the values allowed here"
        }
        return "is not valid: \(description)"
    }

    private static func invalid(_ codingPath: [any CodingKey], _ what: String) -> APIError {
        guard !codingPath.isEmpty else {
            return APIError(400, "invalid_field", "The request body \(what).")
        }
        let path = FieldPath.text(codingPath)
        let end = what.hasSuffix(".") ? "" : "."
        return APIError(400, "invalid_field", "`\(path)` \(what)\(end)", field: path)
    }

    /// - Parameter paths: at least one.
    static func unknownFields(_ paths: [String]) -> APIError {
        let shown = paths.prefix(10)
        let names = shown.map { "`\($0)`" }.joined(separator: ", ")
        let message =
            paths.count == 1
            ? "The field \(names) is not known."
            : "The fields \(names)\(paths.count > 10 ? " and more" : "") are not known."
        return APIError(
            400, "unknown_field", message, field: shown.first,
            details: shown.map { APIError.Detail(path: $0, message: "This field is not known.") })
    }
}
