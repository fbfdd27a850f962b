/// Finds recipients in the lines of a bounce, and for each what its host said.
struct FreeFormRecipients {
    private struct Found {
        let address: String
        let line: Int
        /// What stands behind the address in its line.
        let rest: String
    }

    let lines: [ArraySlice<UInt8>]
    let action: DeliveryStatusReport.Action

    /// - Parameter failed: the value of X-Failed-Recipients, which is believed more than the text.
    func read(failed: String) -> [DeliveryStatusReport.Recipient] {
        let named = ReportAddress.list(failed)
        var found = atBeginnings()
        if !named.isEmpty { found = found.filter { named.contains($0.address) } }
        if found.isEmpty, named.isEmpty { found = behindWords() }
        if found.isEmpty {
            let diagnostic = diagnostic(from: 0, to: lines.count, rest: "")
            return (named.isEmpty ? [[]] : named.map { [$0] }).map {
                DeliveryStatusReport.Recipient(addresses: $0, action: action, diagnostic: diagnostic)
            }
        }
        return found.indices.map { index in
            let end = index + 1 < found.count ? found[index + 1].line : lines.count
            // A line that names many has one reason behind the last of them.
            let isListed = end <= found[index].line + 1 && found[index].rest.isEmpty
            var text = diagnostic(
                from: found[index].line + 1, to: isListed ? lines.count : end, rest: found[index].rest)
            if text.isEmpty { text = diagnostic(from: 0, to: found[index].line, rest: "") }
            return DeliveryStatusReport.Recipient(
                addresses: [found[index].address], action: action, diagnostic: text)
        }
    }

    // MARK: Addresses

    private func atBeginnings() -> [Found] {
        var found: [Found] = []
        for (number, line) in lines.enumerated() where found.count < DeliveryStatusReport.maxRecipients {
            let text = line.drop { $0.isBlank || $0 == .asterisk || $0 == .hyphen || $0 == .greater }
            let bare = Self.withoutCode(text)
            guard let (address, rest) = Self.address(bare), Self.mayFollow(rest) else { continue }
            let words = Self.words(bare.count < text.count ? text : rest)
            if !found.contains(where: { $0.address == address }) {
                found.append(Found(address: address, line: number, rest: words))
            }
        }
        return found
    }

    /// Sendmail's transcript has `554 <jane@example.org>... No such user`.
    private static func withoutCode(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let rest = line.dropFirst(3)
        guard line.prefix(3).allSatisfy(\.isDigit), rest.first == .space else { return line }
        return rest.drop { $0.isDigit || $0 == .dot || $0 == .space }
    }

    private func behindWords() -> [Found] {
        var found: [Found] = []
        for (number, line) in lines.enumerated() where found.count < DeliveryStatusReport.maxRecipients {
            guard line.count <= 500, line.contains(.at) else { continue }
            let text = PhraseList.normalized(String(decoding: line, as: UTF8.self))
            guard let behind = FreeFormPhrases.beforeAddress.rest(of: text),
                let (address, rest) = Self.address(behind.drop { $0 == .space || $0 == .colon })
            else { continue }
            if !found.contains(where: { $0.address == address }) {
                found.append(Found(address: address, line: number, rest: Self.words(rest)))
            }
        }
        return found
    }

    /// An address in brackets, in quotes or bare, and what stands behind it.
    private static func address(
        _ text: ArraySlice<UInt8>
    ) -> (address: String, rest: ArraySlice<UInt8>)? {
        var rest = text
        var close: UInt8?
        switch rest.first {
        case .less: close = .greater
        case .quote, 0x27: close = rest.first
        case .openParenthesis: close = .closeParenthesis
        default: break
        }
        if close != nil { rest = rest.dropFirst() }
        let limit = rest.prefix(MailAddress.maxBytes + 1)
        let word = limit.prefix { byte in
            if let close { return byte != close }
            return byte > .space && !"<>()[]:;,\"".utf8.contains(byte)
        }
        var content = word
        rest = rest[word.endIndex...]
        if close != nil {
            guard rest.first == close else { return nil }
            rest = rest.dropFirst()
        } else {
            while content.last == .dot { content.removeLast() }
        }
        guard content.contains(.at),
            let address = ReportAddress.parse(String(decoding: content, as: UTF8.self))
        else { return nil }
        return (address, rest)
    }

    /// What may stand behind a recipient; a sentence that goes on is no recipient's line.
    private static func mayFollow(_ rest: ArraySlice<UInt8>) -> Bool {
        let text = rest.drop { $0.isBlank }
        guard let first = text.first else { return true }
        if ":[(;,.".utf8.contains(first) { return true }
        return FreeFormPhrases.behindAddress.isPrefix(
            of: PhraseList.normalized(String(decoding: text.prefix(80), as: UTF8.self)))
    }

    private static func words(_ bytes: ArraySlice<UInt8>) -> String {
        let text = bytes.drop { $0.isBlank || $0 == .colon || $0 == .dot }
        return String(decoding: text.trimmingBlanks().prefix(500), as: UTF8.self)
    }

    // MARK: What the host said

    /// The paragraph that quotes a reply, from the line with its code on; without one the first paragraph.
    private func diagnostic(from start: Int, to end: Int, rest: String) -> String {
        let restCodes = ReplyCodes(rest)
        if restCodes.code != nil || restCodes.status != nil {
            return ([rest] + paragraph(from: start, to: end)).joined(separator: " ")
        }
        guard start < end else { return rest }
        for number in start..<end {
            let codes = ReplyCodes(Self.words(lines[number]))
            if codes.code != nil || codes.status != nil {
                return paragraph(from: number, to: end).joined(separator: " ")
            }
        }
        var words = rest.isEmpty ? [] : [rest]
        var next = start
        // `because:` announces the paragraph that follows.
        repeat {
            guard let first = (next..<end).first(where: { !lines[$0].trimmingBlanks().isEmpty }) else {
                break
            }
            let found = paragraph(from: first, to: end)
            words += found
            next = first + found.count
        } while words.last?.hasSuffix(":") == true
        return words.joined(separator: " ")
    }

    private func paragraph(from start: Int, to end: Int) -> [String] {
        var words: [String] = []
        var count = 0
        for number in start..<max(start, end) {
            let line = lines[number].trimmingBlanks()
            guard !line.isEmpty, count < DeliveryStatusReport.maxDiagnosticBytes else { break }
            count += line.count + 1
            words.append(
                String(decoding: line.prefix(DeliveryStatusReport.maxDiagnosticBytes), as: UTF8.self))
        }
        return words
    }
}
