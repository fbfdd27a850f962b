import Glibc

/// Swift source without its comments and without the inside of its string literals, line by line, so that a
/// rule about code is not broken by a text that mentions it. Interpolated code counts as part of the literal.
enum SwiftCode {
    private enum State {
        case code
        case blockComment(depth: Int)
        /// `quotes` is 1 or 3; `hashes` the number of `#` around a raw literal.
        case literal(quotes: Int, hashes: Int)
    }

    private static let quote = UInt8(ascii: "\"")

    static func lines(_ lines: [String]) -> [String] {
        var state = State.code
        return lines.map { line in
            var kept: [UInt8] = []
            var rest = Array(line.utf8)[...]
            while let byte = rest.first {
                switch state {
                case .code:
                    if starts(rest, with: "//") {
                        rest = []
                    } else if starts(rest, with: "/*") {
                        state = .blockComment(depth: 1)
                        rest = rest.dropFirst(2)
                    } else if let opening = openingOfLiteral(rest) {
                        state = .literal(quotes: opening.quotes, hashes: opening.hashes)
                        kept.append(quote)
                        rest = rest.dropFirst(opening.quotes + opening.hashes)
                    } else {
                        kept.append(byte)
                        rest = rest.dropFirst()
                    }
                case .blockComment(let depth):
                    if starts(rest, with: "*/") {
                        state = depth == 1 ? .code : .blockComment(depth: depth - 1)
                        rest = rest.dropFirst(2)
                    } else if starts(rest, with: "/*") {
                        state = .blockComment(depth: depth + 1)
                        rest = rest.dropFirst(2)
                    } else {
                        rest = rest.dropFirst()
                    }
                case .literal(let quotes, let hashes):
                    let end = String(repeating: "\"", count: quotes) + String(repeating: "#", count: hashes)
                    if starts(rest, with: end) {
                        state = .code
                        kept.append(quote)
                        rest = rest.dropFirst(end.count)
                    } else {
                        rest = rest.dropFirst(byte == UInt8(ascii: "\\") && hashes == 0 ? 2 : 1)
                    }
                }
            }
            if case .literal(1, _) = state { state = .code }
            return String(decoding: kept, as: UTF8.self)
        }
    }

    /// True where `token` stands in `code` as a word of its own, not as the end of a longer name.
    static func contains(_ token: String, in code: String) -> Bool {
        // The search that knows of words is slow, and nearly every line is done with after the fast one.
        guard strstr(code, token) != nil else { return false }
        var rest = code[...]
        while let found = rest.firstRange(of: token) {
            let before =
                found.lowerBound == code.startIndex ? nil : code[code.index(before: found.lowerBound)]
            let isWord = before.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." } ?? false
            // A function of ours may bear the name; calling it then needs a dot.
            let isDeclaration = code[..<found.lowerBound].hasSuffix("func ")
            if !isWord && !isDeclaration { return true }
            rest = rest[found.upperBound...]
        }
        return false
    }

    private static func starts(_ rest: ArraySlice<UInt8>, with text: String) -> Bool {
        rest.prefix(text.utf8.count).elementsEqual(text.utf8)
    }

    private static func openingOfLiteral(_ rest: ArraySlice<UInt8>) -> (quotes: Int, hashes: Int)? {
        let hashes = rest.prefix { $0 == UInt8(ascii: "#") }.count
        let quotes = rest.dropFirst(hashes).prefix { $0 == quote }.count
        guard quotes > 0 else { return nil }
        return (quotes: quotes >= 3 ? 3 : 1, hashes: hashes)
    }
}
