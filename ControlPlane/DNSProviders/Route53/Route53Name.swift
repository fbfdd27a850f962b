/// Names as Route 53 prints them: all but letters, digits, `-`, `_` and `.` as `\` and three octal digits.
enum Route53Name {
    static func decode(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return RecordKey.normal(String(decoding: bytes, as: UTF8.self))
    }
}
