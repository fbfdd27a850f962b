/// Which header fields a DKIM signature covers.
package struct DKIMSignedFields: Sendable {
    /// Signed as often as they occur, in lower case.
    let present: [[UInt8]]
    /// Signed once more than they occur, so that nobody can add one (RFC 6376 §8.15), in lower case.
    let oversigned: [[UInt8]]

    /// - Parameters:
    ///   - present: names of fields that are signed as often as they occur.
    ///   - oversigned: names of fields of which none may be added later. `From` is always among them.
    package init(present: [String], oversigned: [String]) {
        let oversigned = Self.lowercased(["from"] + oversigned)
        self.oversigned = oversigned
        self.present = Self.lowercased(present).filter { !oversigned.contains($0) }
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

    /// The fields to sign in the order in which they are hashed: of one name the lowest in the message first
    /// (RFC 6376 §5.4.2), nil for one that must not exist.
    func selection(from message: [UInt8], _ fields: [MessageFields.Field]) -> [(name: [UInt8], field: Int?)] {
        var selection: [(name: [UInt8], field: Int?)] = []
        selection.reserveCapacity(40)
        for name in oversigned {
            append(name, of: message, fields, to: &selection)
            selection.append((name, nil))
        }
        for name in present { append(name, of: message, fields, to: &selection) }
        return selection
    }

    private func append(
        _ name: [UInt8], of message: [UInt8], _ fields: [MessageFields.Field],
        to selection: inout [(name: [UInt8], field: Int?)]
    ) {
        var index = fields.count
        while index > 0 {
            index -= 1
            if message.matches(name, in: fields[index].name) { selection.append((name, index)) }
        }
    }
}
