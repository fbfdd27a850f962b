import Admission
import NodeProtocol
import Spool

/// A message that passed admission, with all that goes to disk for it.
struct AcceptedMessage {
    let admitted: Admitted
    let mail: MailEntry
    /// The webhooks that tell of it.
    let webhooks: [EventWebhooks.Made]
    let journaled: [[UInt8]]

    var records: [SpoolRecord] {
        [.entry(admitted.id, header: Entry.mail(mail).encoded(), body: admitted.message)]
            + webhooks.map(\.record)
    }

    var opened: [OpenMessage] {
        [OpenMessage(id: admitted.id, entry: .mail(mail))] + webhooks.map(\.message)
    }
}
