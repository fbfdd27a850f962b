/// The words of an HTML text, for reports that come in no other form. It is no parser: tags go, the common
/// entities become their characters, blocks begin lines.
enum HTMLText {
    private static let entities: [String: String] = [
        "lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'", "nbsp": " ", "#64": "@", "#39": "'",
    ]
    private static let blocks = [
        "br", "p", "/p", "div", "/div", "tr", "li", "h1", "h2", "h3", "table", "pre",
    ]
    private static let maxEntityBytes = 8

    static func plain(_ html: String) -> String {
        var output: [UInt8] = []
        let bytes = Array(html.utf8.prefix(4 * FreeFormBounce.maxTextBytes))
        var index = 0
        while index < bytes.count, output.count < FreeFormBounce.maxTextBytes {
            switch bytes[index] {
            case .less:
                let end = bytes[index...].firstIndex(of: .greater) ?? bytes.count - 1
                let name = bytes[(index + 1)..<max(index + 1, end)].prefix {
                    $0.isLetterOrDigit || $0 == .slash
                }
                let tag = String(decoding: name, as: UTF8.self).lowercased()
                if blocks.contains(tag) { output.append(.lineFeed) }
                index = end + 1
                if tag == "style" || tag == "script" { index = skip("</\(tag)", in: bytes, from: index) }
            case 0x26:
                let name = bytes[(index + 1)...].prefix(maxEntityBytes).prefix { $0 != .semicolon }
                let text = entities[String(decoding: name, as: UTF8.self)]
                guard let text, name.endIndex < bytes.count, bytes[name.endIndex] == .semicolon else {
                    output.append(bytes[index])
                    index += 1
                    continue
                }
                output += Array(text.utf8)
                index = name.endIndex + 1
            default:
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func skip(_ end: String, in bytes: [UInt8], from start: Int) -> Int {
        let wanted = Array(end.utf8)
        var index = start
        while index < bytes.count {
            if bytes[index...].prefix(wanted.count).elementsEqual(wanted, by: { $0.lowercased == $1 }) {
                return index
            }
            index += 1
        }
        return bytes.count
    }
}
