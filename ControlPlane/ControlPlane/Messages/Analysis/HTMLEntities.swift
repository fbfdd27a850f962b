/// The character references that matter to whoever counts letters and reads links.
enum HTMLEntities {
    private static let named = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "zwnj": "", "shy": "",
    ]
    private static let maxLength = 10

    static func decoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var decoded = ""
        var rest = text[...]
        while let ampersand = rest.firstIndex(of: "&") {
            decoded += rest[..<ampersand]
            rest = rest[ampersand...]
            let reference = rest.dropFirst().prefix(maxLength)
            guard let end = reference.firstIndex(of: ";"), let value = value(reference[..<end]) else {
                decoded += "&"
                rest = rest.dropFirst()
                continue
            }
            decoded += value
            rest = rest[rest.index(after: end)...]
        }
        return decoded + rest
    }

    private static func value(_ name: Substring) -> String? {
        guard name.first == "#" else { return named[String(name)] }
        let digits = name.dropFirst()
        let number =
            digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
}
