import MailFormat

/// The Date of a message whose sender gave it another time to leave at.
///
/// Admission writes the time at which a message is due. When that time moves the message on disk stays as it
/// is, and each attempt puts the new time in the place of the old one; both have the same length, so what is
/// known of places behind it holds. A Date that names another time is the sender's own and stays.
enum MovedDate {
    /// - Parameters:
    ///   - first: when the message was to leave as it was accepted, in milliseconds since 1970.
    ///   - due: when it is to leave now.
    static func message(_ message: [UInt8], from first: Int64, to due: Int64) -> [UInt8] {
        guard due != first, let headers = try? MessageHeaders(message), let field = headers.first("Date"),
            let start = message[field.valueRange].firstIndex(where: { $0 != 0x20 })
        else { return message }
        let written = Self.date(first)
        let range = start..<field.valueRange.upperBound
        guard message[range].elementsEqual(written) else { return message }
        var moved = message
        moved.replaceSubrange(range, with: Self.date(due))
        return moved
    }

    private static func date(_ milliseconds: Int64) -> [UInt8] {
        Array(MailDate.format(secondsSince1970: Int(milliseconds / 1000)).utf8)
    }
}
