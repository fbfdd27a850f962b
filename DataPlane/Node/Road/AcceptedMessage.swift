import Admission
import Doors
import NodeProtocol
import Spool

/// A message that passed admission, with all that goes to disk for it.
struct AcceptedMessage {
    let admitted: Admitted
    let mail: MailEntry
    /// The webhooks that tell of it.
    let webhooks: [EventWebhooks.Made]
    let journaled: [[UInt8]]
    /// The message of a request under an idempotency key that this is.
    var item: KeyedSending.Item?

    var records: [SpoolRecord] {
        [.entry(admitted.id, header: Entry.mail(mail).encoded(), body: admitted.message)]
            + webhooks.map(\.record) + (keyRecord.map { [.key($0)] } ?? [])
    }

    private var keyRecord: KeyRecord? {
        item.map { KeyRecord(at: admitted.acceptedAt, payload: $0.record(Receipt(admitted))) }
    }

    var opened: [OpenMessage] {
        [OpenMessage(id: admitted.id, entry: .mail(mail))] + webhooks.map(\.message)
    }
}
