/// `application/x-www-form-urlencoded`: items joined by `&`, names and values percent-encoded, `+` for a
/// space.
enum URLEncodedForm {
    static func parse(_ body: [UInt8], limits: FormLimits) throws(APIError) -> [FormData.Field] {
        var fields: [FormData.Field] = []
        var start = 0
        while start < body.count {
            let end = body[start...].firstIndex(of: UInt8(ascii: "&")) ?? body.count
            if end > start {
                guard fields.count < limits.maxFields else {
                    throw FormData.malformed("it has too many fields")
                }
                fields.append(try field(body, start..<end, limits))
            }
            start = end + 1
        }
        return fields
    }

    private static func field(
        _ body: [UInt8], _ range: Range<Int>, _ limits: FormLimits
    ) throws(APIError) -> FormData.Field {
        let equals = body[range].firstIndex(of: UInt8(ascii: "=")) ?? range.upperBound
        let name = try decoded(body, range.lowerBound..<equals)
        let value = try decoded(body, min(equals + 1, range.upperBound)..<range.upperBound)
        guard name.count <= limits.maxNameBytes else {
            throw FormData.malformed("a field's name is too long")
        }
        guard value.count <= limits.maxValueBytes else { throw FormData.malformed("a field is too long") }
        guard let text = String(validating: name, as: UTF8.self) else {
            throw FormData.malformed("a field's name is not UTF-8")
        }
        return FormData.Field(name: text, filename: nil, contentType: nil, bytes: value[...])
    }

    private static func decoded(_ body: [UInt8], _ range: Range<Int>) throws(APIError) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        guard PercentDecoding.decode(body, range, plusIsSpace: true, into: &output) else {
            throw FormData.malformed("a percent escape is not valid")
        }
        return output
    }
}
