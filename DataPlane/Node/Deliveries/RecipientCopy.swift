import MailFormat
import NodeProtocol
import Queue

/// The bytes that leave for one recipient: the message with the links that are the recipient's own.
enum RecipientCopy {
    /// Why there is no copy.
    enum Failure: Error, CustomStringConvertible {
        /// The snapshot has nothing to make links with, though it did when the message was accepted.
        case noLinks
        /// What the entry says of the message's links is not true of the message.
        case unreadable

        var description: String {
            switch self {
            case .noLinks: "there is no key for the links of the message now"
            case .unreadable: "the links of the message cannot be placed"
            }
        }
    }

    /// The message itself when it is the same for all.
    ///
    /// - Parameter recipients: of an attempt; one when the copies differ (`Lanes`).
    static func make(
        of message: [UInt8], _ id: MessageID, _ mail: MailEntry, for recipients: RecipientIndexes,
        _ tenant: TenantRecord, _ snapshot: Snapshot
    ) throws(Failure) -> [UInt8] {
        if mail.links.isEmpty { return message }
        guard recipients.count == 1, let index = recipients.first else { throw .unreadable }
        return try make(of: message, id, mail, for: mail.address(index), tenant, snapshot)
    }

    /// The first recipient's copy, for whoever looks at captured mail; the message itself when there can be
    /// none.
    static func captured(
        _ message: [UInt8], _ id: MessageID, _ mail: MailEntry, _ tenant: TenantRecord, _ snapshot: Snapshot
    ) -> [UInt8] {
        guard !mail.links.isEmpty, let first = mail.log.recipients.first else {
            return message
        }
        return (try? make(of: message, id, mail, for: first, tenant, snapshot)) ?? message
    }

    private static func make(
        of message: [UInt8], _ id: MessageID, _ mail: MailEntry, for recipient: String,
        _ tenant: TenantRecord, _ snapshot: Snapshot
    ) throws(Failure) -> [UInt8] {
        guard let copies = MessageCopies(message, mail.links) else { throw .unreadable }
        guard var links = snapshot.trackingLinks(of: tenant, domain: mail.senderDomain, message: id) else {
            throw .noLinks
        }
        links.isTest = mail.log.isTest
        let own = links
        return copies.copy(
            MessageCopies.Links(
                open: own.open(recipient), unsubscribe: own.unsubscribe(recipient),
                click: { own.click(recipient, target: $0) }))
    }
}
