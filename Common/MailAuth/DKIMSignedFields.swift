/// Which header fields a DKIM signature covers.
package struct DKIMSignedFields: Sendable {
    /// The name of a field.
    private struct Name: Sendable {
        /// Where it stands in `listed`, with the colon behind it.
        let place: Range<Int>
        let mark: Mark
        /// Signed once more than it occurs, so that nobody can add one (RFC 6376 §8.15).
        let isOversigned: Bool
    }

    /// Length, first and last letter of a name: most that are not the same differ in one of them.
    private struct Mark: Equatable, Sendable {
        let value: UInt32

        init(_ bytes: [UInt8], _ name: Range<Int>) {
            guard let last = name.last else {
                value = 0
                return
            }
            value =
                UInt32(truncatingIfNeeded: name.count) << 16
                | UInt32(bytes[name.lowerBound].lowercased) << 8 | UInt32(bytes[last].lowercased)
        }

        /// One of 64 bits, for a set of marks.
        var bit: UInt64 { 1 << UInt64(truncatingIfNeeded: (value ^ value >> 8 ^ value >> 16) & 63) }
    }

    /// All names in lower case, each with a colon behind it, as they stand in `h=`.
    private let listed: [UInt8]
    /// Those of which none may be added first; at least one.
    private let names: [Name]

    /// - Parameters:
    ///   - present: names of fields that are signed as often as they occur.
    ///   - oversigned: names of fields of which none may be added later. `From` is always among them.
    package init(present: [String], oversigned: [String]) {
        let oversigned = Self.lowercased(["from"] + oversigned)
        let present = Self.lowercased(present).filter { !oversigned.contains($0) }
        var listed: [UInt8] = []
        var names: [Name] = []
        for (number, name) in (oversigned + present).enumerated() {
            let start = listed.count
            listed += name + [UInt8(ascii: ":")]
            names.append(
                Name(
                    place: start..<listed.count, mark: Mark(listed, start..<listed.count - 1),
                    isOversigned: number < oversigned.count))
        }
        self.listed = listed
        self.names = names
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
        _ take: (_ listedName: ArraySlice<UInt8>, _ field: Int?) -> Void
    ) {
        let marks = fields.map { Mark(message, $0.name) }
        let there = marks.reduce(0) { $0 | $1.bit }
        for name in names {
            if there & name.mark.bit != 0 {
                for index in marks.indices.reversed() where marks[index] == name.mark {
                    let text = listed[name.place.dropLast()]
                    if message.matches(text, in: fields[index].name) { take(listed[name.place], index) }
                }
            }
            if name.isOversigned { take(listed[name.place], nil) }
        }
    }
}
