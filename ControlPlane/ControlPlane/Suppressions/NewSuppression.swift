import HTTP
import MailFormat

/// An address as a caller puts it on the list.
struct NewSuppression: Decodable, Sendable {
    static let maxReasonCharacters = 1000

    let email: String
    let reason: String?

    /// One that every check has passed.
    struct Checked: Sendable {
        let address: String
        let reason: String
    }

    /// - Throws: 400 with the field.
    func checked() throws(APIError) -> Checked {
        let address = try Self.address(email)
        let reason = reason ?? ""
        guard reason.unicodeScalars.count <= Self.maxReasonCharacters else {
            throw .invalid("reason", "must have at most \(Self.maxReasonCharacters) characters")
        }
        return Checked(address: address, reason: reason)
    }

    /// The address as the list has it.
    ///
    /// - Throws: 400 naming `email`.
    static func address(_ text: String) throws(APIError) -> String {
        do { return try MailAddress(text).caseFolded } catch {
            throw .invalid("email", "is no address: \(error)")
        }
    }
}
