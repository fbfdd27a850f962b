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

    /// Fields that RFC 5322 §3.6 and RFC 2045 §3 allow once.
    private static let singletons = [
        "Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References",
        "Subject",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    ]
    private static let otherSenderFields = ["Sender", "Resent-From", "Resent-Sender"]

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

    /// The unfolded value in UTF-8, encoded-words left as they are.
    package func value(of field: HeaderField) -> String {
        String(decoding: HeaderScanner.unfold(message[field.valueRange]), as: UTF8.self)
    }

    /// The value of the first field of this name, encoded-words left as they are; for structured fields.
    package func value(_ name: String) -> String? { first(name).map { value(of: $0) } }

    /// The value of the first field of this name as people read it; for Subject and other free text.
    package func text(_ name: String) -> String? {
        first(name).map { EncodedWord.decode(HeaderScanner.unfold(message[$0.valueRange])[...]) }
    }

    /// All values of this name, in order.
    package func values(_ name: String) -> [String] { all(name).map { value(of: $0) } }

    /// The mailboxes of all fields of this name.
    ///
    /// - Throws: `.badAddress`.
    package func mailboxes(_ name: String) throws(HeaderError) -> [Mailbox] {
        var mailboxes: [Mailbox] = []
        for field in all(name) {
            guard
                let text = String(validating: HeaderScanner.unfold(message[field.valueRange]), as: UTF8.self)
            else {
                throw .badAddress(field: field.name, AddressError(reason: .notUTF8, offset: 0))
            }
            do { mailboxes += try AddressList(text).mailboxes } catch {
                throw .badAddress(field: field.name, error)
            }
        }
        return mailboxes
    }

    /// Everybody who the message says it is from: the authors in From, at least one, and the mailboxes of
    /// Sender and of the Resent- fields of both. A sender check has to hold for all of them.
    ///
    /// - Throws: `.missing("From")` also when From names nobody, `.duplicate` for From or Sender,
    ///   `.badAddress`.
    package func senders() throws(HeaderError) -> (authors: [Mailbox], others: [Mailbox]) {
        for name in ["From", "Sender"] where all(name).count > 1 { throw .duplicate(name) }
        let authors = try mailboxes("From")
        guard !authors.isEmpty else { throw .missing("From") }
        var others: [Mailbox] = []
        for name in Self.otherSenderFields { others += try mailboxes(name) }
        return (authors, others)
    }

    /// The names of fields that stand there more than once and may not.
    package func duplicates() -> [String] { Self.singletons.filter { all($0).count > 1 } }
}
