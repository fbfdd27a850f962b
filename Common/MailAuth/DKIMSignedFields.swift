/// Which header fields a DKIM signature covers.
package struct DKIMSignedFields: Sendable {
    /// The name of a field.
    private struct Name: Sendable {
        /// In lower case, with a colon behind it, as it stands in `h=`.
        let listed: [UInt8]
        let mark: UInt32

        init(_ name: [UInt8]) {
            listed = name + [UInt8(ascii: ":")]
            mark = DKIMSignedFields.mark(of: name, 0..<name.count)
        }
    }

    /// Signed as often as they occur.
    private let present: [Name]
    /// Signed once more than they occur, so that nobody can add one (RFC 6376 §8.15). At least one.
    private let oversigned: [Name]

    /// - Parameters:
    ///   - present: names of fields that are signed as often as they occur.
    ///   - oversigned: names of fields of which none may be added later. `From` is always among them.
    package init(present: [String], oversigned: [String]) {
        let oversigned = Self.lowercased(["from"] + oversigned)
        self.oversigned = oversigned.map { Name($0) }
        self.present = Self.lowercased(present).filter { !oversigned.contains($0) }.map { Name($0) }
    }

    /// RFC 6376 §5.4.1, with the fields of bulk mail that RFC 8058 §4 wants signed. What says who wrote, to
    /// whom, about what, and how the body is to be read cannot be added later.
    package static let standard = DKIMSignedFields(
        present: [
            "Sender", "In-Reply-To", "References", "Content-ID", "Content-Description", "Content-Disposition",
            "Content-Language", "Resent-Date", "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc",
            "Resent-Message-ID", "List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe",
            "List-Unsubscribe-Post", "List-Owner", "List-Post", "List-Archive", "Auto-Submitted",
            "Feedback-ID",
        ],
        oversigned: [
            "From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
            "Content-Transfer-Encoding",
        ])

    private static func lowercased(_ names: [String]) -> [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return names.map { $0.utf8.map(\.lowercased) }.filter { seen.insert($0).inserted }
    }

    /// Tells the fields to sign in the order in which they are hashed: of one name the lowest in the message
    /// first (RFC 6376 §5.4.2), nil for one that must not exist.
    ///
    /// - Parameter take: gets the name in lower case with a colon behind it, and the number of the field.
    func select(
        from message: [UInt8], _ fields: [MessageFields.Field],
        _ take: (_ listedName: [UInt8], _ field: Int?) -> Void
    ) {
        let marks = fields.map { Self.mark(of: message, $0.name) }
        for name in oversigned {
            Self.select(name, of: message, fields, marks, take)
            take(name.listed, nil)
        }
        for name in present { Self.select(name, of: message, fields, marks, take) }
    }

    private static func select(
        _ name: Name, of message: [UInt8], _ fields: [MessageFields.Field], _ marks: [UInt32],
        _ take: (_ listedName: [UInt8], _ field: Int?) -> Void
    ) {
        var index = fields.count
        while index > 0 {
            index -= 1
            guard marks[index] == name.mark else { continue }
            if message.matches(name.listed.dropLast(), in: fields[index].name) { take(name.listed, index) }
        }
    }

    /// Length, first and last letter of a name: most that are not the same differ in one of them.
    private static func mark(of bytes: [UInt8], _ name: Range<Int>) -> UInt32 {
        guard let last = name.last else { return 0 }
        return UInt32(truncatingIfNeeded: name.count) << 16 | UInt32(bytes[name.lowerBound].lowercased) << 8
            | UInt32(bytes[last].lowercased)
    }
}
