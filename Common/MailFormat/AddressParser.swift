/// Reads address lists by the grammar of RFC 5322 §3.4, in one pass and without going back.
///
/// Words are gathered until the next character tells what they were: `@` a local part, `<` a display name,
/// `:` the name of a group. Of the obsolete forms only dots in names are read ("John Q. Public"); white space
/// and comments inside an address are refused, because no two readers agree on what they mean.
struct AddressParser {
    private enum Word {
        case atom(ArraySlice<UInt8>)
        case quoted([UInt8])
    }

    private let bytes: [UInt8]
    private var index = 0
    private var mailboxCount = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func error(_ reason: AddressError.Reason) -> AddressError {
        AddressError(reason: reason, offset: index)
    }

    mutating func list() throws(AddressError) -> [AddressList.Entry] {
        guard bytes.count <= AddressList.maxBytes else { throw error(.tooLong) }
        var entries: [AddressList.Entry] = []
        while true {
            if let entry = try entry(inGroup: false) { entries.append(entry) }
            guard let byte = next else { return entries }
            guard byte == .comma else { throw error(.unexpectedCharacter) }
            index += 1
        }
    }

    /// Reads up to the comma, semicolon or end behind one entry; nil when nothing stands there.
    private mutating func entry(inGroup: Bool) throws(AddressError) -> AddressList.Entry? {
        var words: [(word: Word, gapBefore: Bool)] = []
        var gap = try skipBlanksAndComments()
        while let byte = next, byte != .comma, byte != .semicolon {
            switch byte {
            case .at: return .mailbox(try bareAddress(words.map(\.word), gapBefore: gap && !words.isEmpty))
            case .less: return .mailbox(try angleAddress(name: name(words)))
            case .colon:
                guard !inGroup else { throw error(.nestedGroup) }
                guard !words.isEmpty else { throw error(.unexpectedCharacter) }
                return try group(name: name(words) ?? "")
            default: words.append((try word(), gap))
            }
            gap = try skipBlanksAndComments()
        }
        guard words.isEmpty else { throw error(.missingAt) }
        return nil
    }

    private mutating func group(name: String) throws(AddressError) -> AddressList.Entry {
        index += 1
        var mailboxes: [Mailbox] = []
        while true {
            if case .mailbox(let mailbox) = try entry(inGroup: true) { mailboxes.append(mailbox) }
            guard let byte = next else { throw error(.unclosedGroup) }
            index += 1
            if byte == .comma { continue }
            guard byte == .semicolon else { throw error(.unexpectedCharacter) }
            _ = try skipBlanksAndComments()
            return .group(name: name, mailboxes)
        }
    }

    private mutating func word() throws(AddressError) -> Word {
        if next == .quote { return .quoted(try quotedString()) }
        let start = index
        while let byte = next, byte.isAtomText || byte == .dot { index += 1 }
        guard index > start else {
            throw error(next.map(\.isControl) == true ? .controlCharacter : .unexpectedCharacter)
        }
        return .atom(bytes[start..<index])
    }

    private mutating func quotedString() throws(AddressError) -> [UInt8] {
        var content: [UInt8] = []
        index += 1
        while let byte = next {
            index += 1
            if byte == .quote { return content }
            guard !byte.isControl || byte == .tab else { throw error(.controlCharacter) }
            guard byte == .backslash else {
                content.append(byte == .tab ? .space : byte)
                continue
            }
            guard let escaped = next else { break }
            guard !escaped.isControl, escaped < 0x80 else { throw error(.controlCharacter) }
            content.append(escaped)
            index += 1
        }
        throw error(.unclosedQuote)
    }

    /// `addr-spec`: what was read so far is the local part.
    private mutating func bareAddress(_ words: [Word], gapBefore: Bool) throws(AddressError) -> Mailbox {
        guard let local = words.first else { throw error(.missingLocalPart) }
        guard !gapBefore else { throw error(.spaceInAddress) }
        guard words.count == 1 else { throw error(.badLocalPart) }
        let address = try address(local)
        _ = try skipBlanksAndComments()
        guard next == nil || next == .comma || next == .semicolon else { throw error(.unexpectedCharacter) }
        return try counted(Mailbox(address: address))
    }

    /// `angle-addr`.
    private mutating func angleAddress(name: String?) throws(AddressError) -> Mailbox {
        index += 1
        _ = try skipBlanksAndComments()
        guard let byte = next else { throw error(.unclosedAngleBracket) }
        guard byte != .greater else { throw error(.empty) }
        guard byte != .at else { throw error(.missingLocalPart) }
        if let address = plainAddress() { return try counted(behind: Mailbox(name: name, address: address)) }
        let local = try word()
        if next?.isBlank == true { throw error(.spaceInAddress) }
        guard next == .at else { throw error(next == .greater ? .missingAt : .unexpectedCharacter) }
        let address = try address(local)
        _ = try skipBlanksAndComments()
        guard next == .greater else {
            throw error(next == nil ? .unclosedAngleBracket : .unexpectedCharacter)
        }
        return try counted(behind: Mailbox(name: name, address: address))
    }

    /// An address that nearly everybody has, up to the `>` behind it; nil says nothing, and then it is still
    /// to be read.
    private mutating func plainAddress() -> MailAddress? {
        let address = bytes.withUnsafeBufferPointer { bytes -> (MailAddress, end: Int)? in
            let rest = bytes[index...].prefix(MailAddress.maxBytes + 1)
            guard let end = rest.firstIndex(of: .greater),
                let address = MailAddress(plain: UnsafeBufferPointer(rebasing: bytes[index..<end]))
            else { return nil }
            return (address, end)
        }
        guard let address else { return nil }
        index = address.end
        return address.0
    }

    /// Stands on the `>` behind an address.
    private mutating func counted(behind mailbox: Mailbox) throws(AddressError) -> Mailbox {
        index += 1
        _ = try skipBlanksAndComments()
        guard next == nil || next == .comma || next == .semicolon else { throw error(.unexpectedCharacter) }
        return try counted(mailbox)
    }

    private mutating func counted(_ mailbox: Mailbox) throws(AddressError) -> Mailbox {
        mailboxCount += 1
        guard mailboxCount <= AddressList.maxMailboxes else { throw error(.tooManyAddresses) }
        return mailbox
    }

    /// Stands on the `@`; reads the domain behind it.
    private mutating func address(_ local: Word) throws(AddressError) -> MailAddress {
        let localPart: [UInt8]
        switch local {
        case .quoted(let content): localPart = content
        case .atom(let atom):
            let parts = atom.split(separator: .dot, omittingEmptySubsequences: false)
            guard parts.allSatisfy({ !$0.isEmpty }) else { throw error(.badLocalPart) }
            localPart = Array(atom)
        }
        index += 1
        let start = index
        if next == .openBracket {
            while let byte = next, byte != .closeBracket { index += byte.isControl ? bytes.count : 1 }
            index = min(index + 1, bytes.count)
        } else {
            while let byte = next, byte.isAtomText || byte == .dot { index += 1 }
        }
        guard index > start else { throw error(next?.isBlank == true ? .spaceInAddress : .badDomain(.empty)) }
        let domain = bytes[start..<index]
        guard let localText = String(validating: localPart, as: UTF8.self),
            let domainText = String(validating: domain, as: UTF8.self)
        else { throw error(.notUTF8) }
        do {
            return try MailAddress(localPart: localText, domain: domainText)
        } catch {
            throw AddressError(reason: error.reason, offset: start)
        }
    }

    /// The words of a display name: decoded, parted by single spaces, encoded-words joined (RFC 2047 §6.2).
    private func name(_ words: [(word: Word, gapBefore: Bool)]) -> String? {
        var decoder = EncodedWord.Decoder()
        for (number, (word, gapBefore)) in words.enumerated() {
            let gap = gapBefore && number > 0 ? " " : ""
            switch word {
            case .atom(let atom): decoder.append(word: atom, gap: gap)
            case .quoted(let content): decoder.append(literal: content[...], gap: gap)
            }
        }
        let name = decoder.finish()
        return name.isEmpty ? nil : name
    }

    /// Answers whether there was anything to skip.
    private mutating func skipBlanksAndComments() throws(AddressError) -> Bool {
        let start = index
        while let byte = next {
            if byte == .openParenthesis {
                try skipComment()
            } else if byte.isBlank {
                index += 1
            } else {
                break
            }
        }
        return index > start
    }

    private mutating func skipComment() throws(AddressError) {
        var depth = 0
        while let byte = next {
            guard !byte.isControl || byte == .tab else { throw error(.controlCharacter) }
            index += 1
            switch byte {
            case .openParenthesis:
                depth += 1
                guard depth <= AddressList.maxCommentDepth else { throw error(.commentTooDeep) }
            case .closeParenthesis:
                depth -= 1
                if depth == 0 { return }
            case .backslash:
                guard let escaped = next else { break }
                guard !escaped.isControl else { throw error(.controlCharacter) }
                index += 1
            default: break
            }
        }
        throw error(.unclosedComment)
    }
}
