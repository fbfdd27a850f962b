/// Why the header of a message is not acceptable, or a field cannot be written.
package enum HeaderError: Error, Hashable, Sendable, CustomStringConvertible {
    package static let maxLineBytes = 998

    /// The number counts lines from 1.
    case lineTooLong(line: Int)
    /// A line that is neither a field, nor the continuation of one, nor the empty line; or it has a bare CR
    /// or NUL.
    case malformedLine(Int)
    case headerTooLarge
    case tooManyFields
    /// A field of which there may be one stands there twice (RFC 5322 §3.6).
    case duplicate(String)
    case missing(String)
    case badAddress(field: String, AddressError)
    case badFieldName(String)
    /// CR, LF or NUL in a value.
    case controlCharacter(field: String)
    /// A word too long to be folded.
    case valueTooLong(field: String)

    /// A sentence to show to the caller.
    package var description: String {
        switch self {
        case .lineTooLong(let line): "header line \(line) is longer than \(Self.maxLineBytes) bytes"
        case .malformedLine(let line): "header line \(line) is malformed"
        case .headerTooLarge: "the header is too large"
        case .tooManyFields: "the header has too many fields"
        case .duplicate(let name): "the header has more than one \(name) field"
        case .missing(let name): "the header has no \(name) field"
        case .badAddress(let field, let error): "\(field): \(error)"
        case .badFieldName: "a header name is malformed"
        case .controlCharacter(let field): "\(field): control characters are not allowed"
        case .valueTooLong(let field): "\(field): the value is too long for a header line"
        }
    }
}
