/// The place of a field in a JSON body as it is shown to callers: `attachments[0].content`.
enum FieldPath {
    private static let maxBytes = 200

    static func text(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : "." + key.stringValue
            }
        }
        return printable(text)
    }

    /// A name from outside, cut and without control characters, so that it can stand in a message and a log.
    static func printable(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            guard text.utf8.count < maxBytes else { return text + "…" }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            text.unicodeScalars.append(isControl || scalar == "`" ? "?" : scalar)
        }
        return text
    }
}
