/// A fixed list of lower-case texts, looked for in one pass.
struct PhraseList: Sendable {
    private let byFirstByte: [[[UInt8]]]

    init(_ phrases: [String]) {
        var table = [[[UInt8]]](repeating: [], count: 256)
        for phrase in phrases {
            let bytes = Array(phrase.utf8)
            if let first = bytes.first { table[Int(first)].append(bytes) }
        }
        byFirstByte = table
    }

    /// - Parameter text: normalized.
    func isIn(_ text: [UInt8]) -> Bool {
        text.indices.contains { length(at: $0, of: text[...]) != nil }
    }

    /// Whether the text begins with one of them.
    func isPrefix(of text: [UInt8]) -> Bool { length(at: 0, of: text[...]) != nil }

    /// What stands behind the first that is found.
    func rest(of text: [UInt8]) -> ArraySlice<UInt8>? {
        for index in text.indices {
            if let length = length(at: index, of: text[...]) { return text[(index + length)...] }
        }
        return nil
    }

    private func length(at index: Int, of text: ArraySlice<UInt8>) -> Int? {
        guard index < text.endIndex else { return nil }
        return byFirstByte[Int(text[index])].first { text[index...].starts(with: $0) }?.count
    }

    /// Lower case, and one space for every run of white space, so that a line's end may stand anywhere.
    static func normalized(_ text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text.lowercased().utf8 {
            let isSpace = byte <= .space
            if isSpace, bytes.isEmpty || bytes.last == .space { continue }
            bytes.append(isSpace ? .space : byte)
        }
        if bytes.last == .space { bytes.removeLast() }
        return bytes
    }
}
