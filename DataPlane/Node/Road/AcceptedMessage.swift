import Admission
import Doors
import NodeProtocol
import Spool

/// A message that passed admission, with all that goes to disk for it. A class, because it has many parts and
/// goes through lists.
final class AcceptedMessage: Sendable {
    let id: MessageID
    /// For the caller, once the message is on disk.
    let receipt: Receipt
    let mail: MailEntry
    /// The webhooks that tell of it.
    let webhooks: [EventWebhooks.Made]
    let journaled: [[UInt8]]
    /// What goes to the spool.
    let records: [SpoolRecord]
    /// The message of a request under an idempotency key that this is.
    let item: KeyedSending.Item?

    init(
        _ admitted: borrowing Admitted, mail: MailEntry, webhooks: [EventWebhooks.Made],
        journaled: [[UInt8]], item: KeyedSending.Item?
    ) {
        id = admitted.id
        receipt = Receipt(admitted)
        self.mail = mail
        self.webhooks = webhooks
        self.journaled = journaled
        self.item = item
        var records: [SpoolRecord] = [
            .entry(admitted.id, header: Entry.mail(mail).encoded(), body: admitted.message)
        ]
        for webhook in webhooks { records.append(webhook.record) }
        if let item {
            records.append(.key(KeyRecord(at: admitted.acceptedAt, payload: item.record(receipt))))
        }
        self.records = records
    }

    var opened: [OpenMessage] {
        [OpenMessage(id: id, entry: .mail(mail))] + webhooks.map(\.message)
    }
}
