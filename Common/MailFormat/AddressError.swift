/// Why a text is not an address or a list of addresses.
package struct AddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case empty, missingAt, missingLocalPart, badLocalPart, localPartTooLong, spaceInAddress
        case badDomain(DomainName.Malformation), badAddressLiteral, addressTooLong
        case unexpectedCharacter, controlCharacter, unclosedQuote, unclosedComment, unclosedAngleBracket
        case unclosedGroup, nestedGroup, commentTooDeep, tooManyAddresses, tooLong, notUTF8, notOneAddress
    }

    package let reason: Reason
    /// Bytes from the beginning of the text to where it went wrong.
    package let offset: Int

    /// A sentence to show to the caller; it does not repeat the text.
    package var description: String { "\(Self.sentence(reason)) (at byte \(offset))" }

    private static func sentence(_ reason: Reason) -> String {
        switch reason {
        case .empty: "an address is expected"
        case .missingAt: "the address has no @"
        case .missingLocalPart: "nothing stands before the @"
        case .badLocalPart: "the part before the @ is malformed"
        case .localPartTooLong: "the part before the @ is longer than \(MailAddress.maxLocalPartBytes) bytes"
        case .spaceInAddress: "the address contains a space or a comment"
        case .badDomain(let malformation): "the domain is malformed: \(malformation)"
        case .badAddressLiteral: "the address literal is malformed"
        case .addressTooLong: "the address is longer than \(MailAddress.maxBytes) bytes"
        case .unexpectedCharacter: "a character is out of place"
        case .controlCharacter: "control characters are not allowed"
        case .unclosedQuote: "a quotation mark is not closed"
        case .unclosedComment: "a comment is not closed"
        case .unclosedAngleBracket: "an angle bracket is not closed"
        case .unclosedGroup: "a group is not closed by ;"
        case .nestedGroup: "a group stands inside a group"
        case .commentTooDeep: "comments are nested too deeply"
        case .tooManyAddresses: "there are more than \(AddressList.maxMailboxes) addresses"
        case .tooLong: "the list is longer than \(AddressList.maxBytes) bytes"
        case .notUTF8: "the text is not UTF-8"
        case .notOneAddress: "exactly one address is expected"
        }
    }
}
