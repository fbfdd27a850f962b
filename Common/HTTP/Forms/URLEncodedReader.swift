/// `application/x-www-form-urlencoded`: items joined by `&`, names and values percent-encoded, `+` for a
/// space.
struct URLEncodedReader {
    /// In place of one that is being used.
    static let nothing = URLEncodedReader(limits: FormLimits())

    private let limits: FormLimits
    private var fields: [FormData.Field] = []
    private var name: [UInt8] = []
    private var value: [UInt8] = []
    /// Whether `=` has come, so that bytes go to the value.
    private var isInValue = false
    private var hasBytes = false
    /// An escape that is not whole yet: `%` and at most one digit.
    private var escape: [UInt8] = []

    init(limits: FormLimits) { self.limits = limits }

    mutating func take(_ piece: ArraySlice<UInt8>) throws(APIError) {
        for byte in piece { try take(byte) }
    }

    mutating func finish() throws(APIError) -> [FormData.Field] {
        try endField()
        return fields
    }

    private mutating func take(_ byte: UInt8) throws(APIError) {
        guard escape.isEmpty else { return try takeDigit(byte) }
        switch byte {
        case UInt8(ascii: "&"):
            try endField()
            return
        case UInt8(ascii: "=") where !isInValue: isInValue = true
        case ASCII.percent: escape.append(byte)
        case UInt8(ascii: "+"): try append(ASCII.space)
        default: try append(byte)
        }
        hasBytes = true
    }

    private mutating func takeDigit(_ byte: UInt8) throws(APIError) {
        escape.append(byte)
        guard ASCII.hexValue(byte) != nil else { throw Self.brokenEscape }
        guard escape.count == 3 else { return }
        guard let high = ASCII.hexValue(escape[1]), let low = ASCII.hexValue(escape[2]) else {
            throw Self.brokenEscape
        }
        escape.removeAll(keepingCapacity: true)
        try append(high << 4 | low)
    }

    private mutating func append(_ byte: UInt8) throws(APIError) {
        guard byte != 0 else { throw FormData.malformed("it holds a NUL") }
        if isInValue {
            guard value.count < limits.maxValueBytes else { throw FormData.malformed("a field is too long") }
            value.append(byte)
        } else {
            guard name.count < limits.maxNameBytes else {
                throw FormData.malformed("a field's name is too long")
            }
            name.append(byte)
        }
    }

    private mutating func endField() throws(APIError) {
        guard escape.isEmpty else { throw Self.brokenEscape }
        guard hasBytes else { return }
        guard fields.count < limits.maxFields else { throw FormData.malformed("it has too many fields") }
        guard let text = String(validating: name, as: UTF8.self) else {
            throw FormData.malformed("a field's name is not UTF-8")
        }
        fields.append(FormData.Field(name: text, filename: nil, contentType: nil, bytes: value))
        name.removeAll(keepingCapacity: true)
        value = []
        isInValue = false
        hasBytes = false
    }

    private static var brokenEscape: APIError { FormData.malformed("a percent escape is not valid") }
}
