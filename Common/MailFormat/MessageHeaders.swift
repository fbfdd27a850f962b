/// The header of a whole message, for reading it and for checking who it says it is from. The bytes stay as
/// they are; `HeaderEditor` makes a changed copy.
///
/// Strict, because it stands before the checks of a sender: a line that one reader takes for a field and
/// another does not is refused, and so is a second From.
package struct MessageHeaders: Sendable {
    package let message: [UInt8]
    package let fields: [HeaderField]
    /// Where the fields end: at the empty line, or at the end of the message.
    package let end: Int
    /// The first byte of the body.
    package let bodyStart: Int

    /// Reads the header. Lines of 998 bytes, 2,000 fields and 256 KiB are the limits.
    ///
    /// - Throws: `.lineTooLong`, `.malformedLine`, `.headerTooLarge`, `.tooManyFields`.
    package init(_ message: [UInt8]) throws(HeaderError) {
        let scanner = HeaderScanner(message[...])
        if let problem = scanner.problem { throw problem }
        self.message = message
        fields = scanner.fields
        end = scanner.end
        bodyStart = scanner.bodyStart
    }

    package func first(_ name: String) -> HeaderField? { fields.first { $0.isNamed(name) } }
    package func all(_ name: String) -> [HeaderField] { fields.filter { $0.isNamed(name) } }

    package func first(_ name: StandardField) -> HeaderField? {
        fields.firstIndex { $0.standard == name }.map { fields[$0] }
    }

    package func count(_ name: StandardField) -> Int {
        fields.reduce(0) { $1.standard == name ? $0 + 1 : $0 }
    }

    /// The unfolded value in UTF-8, encoded-words left as they are.
    package func value(of field: HeaderField) -> String {
        String(decoding: HeaderScanner.unfold(message[field.valueRange]), as: UTF8.self)
    }

    /// The value of the first field of this name, encoded-words left as they are; for structured fields.
    package func value(_ name: String) -> String? { first(name).map { value(of: $0) } }
    package func value(_ name: StandardField) -> String? { first(name).map { value(of: $0) } }

    /// The value of the first field of this name as people read it; for Subject and other free text.
    package func text(_ name: String) -> String? { first(name).map { text(of: $0) } }
    package func text(_ name: StandardField) -> String? { first(name).map { text(of: $0) } }

    private func text(of field: HeaderField) -> String {
        EncodedWord.decode(HeaderScanner.unfold(message[field.valueRange]))
    }

    /// All values of this name, in order.
    package func values(_ name: String) -> [String] { all(name).map { value(of: $0) } }

    /// The mailboxes of all fields of this name.
    ///
    /// - Throws: `.badAddress`.
    package func mailboxes(_ name: StandardField) throws(HeaderError) -> [Mailbox] {
        var mailboxes: [Mailbox] = []
        for place in fields.indices where fields[place].standard == name {
            mailboxes += try self.mailboxes(in: fields[place])
        }
        return mailboxes
    }

    package func mailboxes(_ name: String) throws(HeaderError) -> [Mailbox] {
        var mailboxes: [Mailbox] = []
        for field in all(name) { mailboxes += try self.mailboxes(in: field) }
        return mailboxes
    }

    private func mailboxes(in field: HeaderField) throws(HeaderError) -> [Mailbox] {
        do { return try AddressList.mailboxes(in: HeaderScanner.unfold(message[field.valueRange])) } catch {
            throw .badAddress(field: field.name, error)
        }
    }

    /// Everybody who the message says it is from: the authors in From, at least one, and the mailboxes of
    /// Sender and of the Resent- fields of both. A sender check has to hold for all of them.
    ///
    /// - Throws: `.missing("From")` also when From names nobody, `.duplicate` for From or Sender,
    ///   `.badAddress`.
    package func senders() throws(HeaderError) -> (authors: [Mailbox], others: [Mailbox]) {
        guard count(.from) <= 1 else { throw .duplicate(StandardField.from.name) }
        guard count(.sender) <= 1 else { throw .duplicate(StandardField.sender.name) }
        let authors = try mailboxes(.from)
        guard !authors.isEmpty else { throw .missing(StandardField.from.name) }
        var others = try mailboxes(.sender)
        others += try mailboxes(.resentFrom)
        others += try mailboxes(.resentSender)
        return (authors, others)
    }

    /// The names of fields that stand there more than once and may not.
    package func duplicates() -> [String] {
        var seen: UInt64 = 0
        var repeated: UInt64 = 0
        for field in fields {
            guard let standard = field.standard, standard.isSingle else { continue }
            let bit: UInt64 = 1 << UInt64(standard.rawValue)
            repeated |= seen & bit
            seen |= bit
        }
        guard repeated != 0 else { return [] }
        return StandardField.allCases.filter { repeated & (1 << UInt64($0.rawValue)) != 0 }.map(\.name)
    }
}
