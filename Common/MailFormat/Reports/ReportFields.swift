/// The fields of a machine-readable report: blocks of header-like lines with empty lines between them
/// (RFC 3464 §2.1, RFC 5965 §3).
struct ReportFields {
    static let maxFields = 2_000
    static let maxValueBytes = 2_000
    static let maxHostNameBytes = 255

    struct Field {
        /// Lower case.
        let name: String
        /// Unfolded.
        var value: String
    }

    private(set) var blocks: [[Field]] = []

    /// Lines that are no field are passed over.
    init(_ bytes: [UInt8]) {
        var block: [Field] = []
        var count = 0
        for line in bytes.split(separator: .lineFeed, omittingEmptySubsequences: false) {
            let content = line.last == .carriageReturn ? line.dropLast() : line
            let text = content.trimmingBlanks()
            if text.isEmpty {
                if !block.isEmpty { blocks.append(block) }
                block = []
            } else if content.first?.isBlank == true, !block.isEmpty {
                let last = block.count - 1
                let room = Self.maxValueBytes - block[last].value.utf8.count
                if room > 0 { block[last].value += " " + Self.text(text.prefix(room)) }
            } else if let colon = text.firstIndex(of: .colon), colon > text.startIndex,
                text[..<colon].allSatisfy(\.isFieldNameText)
            {
                guard count < Self.maxFields else { break }
                count += 1
                let value = text[(colon + 1)...].trimmingBlanks().prefix(Self.maxValueBytes)
                block.append(Field(name: Self.text(text[..<colon]).lowercased(), value: Self.text(value)))
            }
        }
        if !block.isEmpty { blocks.append(block) }
    }

    /// The value of the first field of this name, which is in lower case.
    func first(_ name: String) -> String? {
        blocks.lazy.joined().first { $0.name == name && !$0.value.isEmpty }?.value
    }

    func all(_ name: String) -> [String] { blocks.joined().filter { $0.name == name }.map(\.value) }

    /// `smtp; 550 no such user` without its type.
    static func words(_ value: String) -> String {
        guard let semicolon = value.firstIndex(of: ";"), !value[..<semicolon].contains(" ") else {
            return value
        }
        return String(value[value.index(after: semicolon)...].drop { $0 == " " })
    }

    /// `dns; mx.example.org (192.0.2.1)` without its type and comment.
    static func hostName(_ value: String) -> String {
        String(words(value).prefix { $0 != " " && $0 != "(" }.prefix(maxHostNameBytes))
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
