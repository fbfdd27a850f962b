/// Bounds on a form. What passes one is refused with 400.
package struct FormLimits: Sendable {
    package var maxFields = 2_000
    package var maxNameBytes = 256
    /// One field that is no file.
    package var maxValueBytes = 32 * 1024 * 1024
    /// The header lines of one part together.
    package var maxPartHeaderBytes = 8 * 1024

    package init() {}
}

/// The fields of a form in the order they were sent; a name may come several times.
package struct FormData: Sendable {
    package struct Field: Sendable {
        package let name: String
        /// Given for files: the last segment of the name that the caller gave.
        package let filename: String?
        /// The part's own type, as it was sent.
        package let contentType: String?
        package let bytes: [UInt8]

        /// The value as text, or nil when it is not UTF-8.
        package var text: String? { String(validating: bytes, as: UTF8.self) }
    }

    package let fields: [Field]

    /// The first field of that name that is UTF-8.
    package subscript(_ name: String) -> String? {
        fields.lazy.filter { $0.name == name }.compactMap(\.text).first
    }

    /// Every field of that name.
    package func all(_ name: String) -> [Field] { fields.filter { $0.name == name } }

    /// Reads a whole body by its type: `multipart/form-data` or `application/x-www-form-urlencoded`. Pure.
    ///
    /// - Throws: 415 for any other type, 400 for what is malformed or passes a limit.
    package static func parse(
        contentType: String, body: [UInt8], limits: FormLimits = FormLimits()
    ) throws(APIError) -> FormData {
        var reader = try FormReader(contentType: contentType, limits: limits)
        try reader.take(body[...])
        return try reader.finish()
    }

    static func malformed(_ reason: String) -> APIError {
        APIError(400, "invalid_form", "The form is malformed: \(reason).")
    }
}
