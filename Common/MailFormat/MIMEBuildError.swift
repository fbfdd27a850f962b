/// Why a message cannot be made, by the field that the caller gave.
package struct MIMEBuildError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case missing
        /// CR, LF, NUL, or another character that has no place in a header.
        case controlCharacter
        case tooLong(maxBytes: Int)
        case tooMany(max: Int)
        /// A field whose grammar has no place for other text.
        case notASCII
        case malformed
        /// The service makes this field, or the caller may not set it.
        case forbidden
        /// The field is set by a member of the request and not by a header.
        case setElsewhere
        case duplicate
    }

    /// `subject`, `to[0]`, `headers.X-Name`, `attachments[2].filename`.
    package let field: String
    package let reason: Reason

    package init(field: String, reason: Reason) {
        self.field = field
        self.reason = reason
    }

    package var description: String {
        switch reason {
        case .missing: "\(field) is missing"
        case .controlCharacter: "\(field) contains a control character"
        case .tooLong(let maxBytes): "\(field) is longer than \(maxBytes) bytes"
        case .tooMany(let max): "\(field) has more than \(max) entries"
        case .notASCII: "\(field) may hold ASCII alone"
        case .malformed: "\(field) is malformed"
        case .forbidden: "\(field) may not be set"
        case .setElsewhere: "\(field) has a field of its own in the request"
        case .duplicate: "\(field) is given twice"
        }
    }
}
