/// The words by which bounces without a machine-readable part are known. Lower case, single spaces; facts
/// gathered from what mail servers send.
enum FreeFormPhrases {
    /// Any of these makes a text a bounce.
    static let introductions = PhraseList([
        "this is the qmail-send program", "i'm afraid i wasn't able to deliver your message",
        "i wasn't able to deliver your message to the following",
        "i tried to deliver a bounce message to this address",
        "this message was created automatically by mail delivery software",
        "a message that you sent could not be delivered to one or more",
        "a message that you have sent could not be delivered",
        "this is the postfix program at host", "this is the mail system at host",
        "i'm sorry to have to inform you that the message returned",
        "i'm sorry to have to inform you that your message could not",
        "delivery to the following recipient failed permanently",
        "delivery to the following recipients failed permanently",
        "delivery to the following recipient has been delayed",
        "your message wasn't delivered to", "your message couldn't be delivered to",
        "sorry, we were unable to deliver your message to the following address",
        "we were unable to deliver your message", "unable to deliver message to",
        "did not reach the following recipient", "was not delivered to:",
        "your message was not delivered to", "your message could not be delivered",
        "could not be delivered to the following recipient",
        "there was an error delivering your mail to", "this is the dragonfly mail agent",
        "this is the mailer-daemon, please do not reply", "failed to deliver to",
        "the following addresses had permanent fatal errors", "the following addresses had delivery errors",
        "the following addresses had delivery problems", "addresses had transient non-fatal errors",
        "transcript of session follows", "an error occurred while trying to deliver the mail to",
        "failed addresses follow", "we had trouble delivering your message",
        "each of the following recipients was rejected", "the following recipients returned permanent errors",
        "delivery failed for the following reason", "the message could not be delivered to",
        "failure reasons --", "requested action not taken: no such user",
        "could not be delivered to: <", "message delivery has failed",
        "unable to deliver your message to the following", "mail could not be delivered to the following",
        "delivery has failed to these recipients", "undeliverable to the following",
        "ihre nachricht konnte nicht zugestellt werden", "konnte nicht an einen oder mehrere",
        "n'a pas pu être remis", "n'a pas pu être distribué", "no se ha podido entregar",
    ])

    /// Subjects of mail daemons.
    static let subjects = PhraseList([
        "failure notice", "undelivered mail", "undeliverable", "delivery failure", "delivery failed",
        "delivery status notification", "returned mail", "mail delivery failed", "mail delivery failure",
        "mail delivery problem", "mail system error", "message delivery has failed", "nondeliverable",
        "non-deliverable", "error sending your mail", "mail failed", "mail failure", "could not be delivered",
        "delivery report", "unzustellbar", "non remis", "warning: message", "warning: could not send",
        "delivery notification", "message delivery failure", "mail could not be delivered", "delivery error",
        "unable to deliver", "mail delivery error", "undelivered", "delivery delayed", "mail delivery system",
    ])

    /// Of answers and of what was sent on: there the words are quoted.
    static let answerSubjects = PhraseList(["re:", "fwd:", "fw:", "aw:", "wg:", "tr:", "rv:"])

    static let daemons = PhraseList([
        "mailer-daemon", "postmaster", "post_master", "mail delivery", "mail deliver system", "maildaemon",
        "mail-daemon", "mailer daemon", "mail.delivery",
    ])

    /// Behind one of these lines the message itself comes back.
    static let markers = PhraseList([
        "below this line is a copy of the message", "this is a copy of the message",
        "this is a copy of your message", "original message", "original mail as follows",
        "the header of the original message", "the headers of the original message",
        "message headers follow", "below is a copy of the original message", "returned message",
        "unsent message follows", "message text follows", "included is a copy of the message header",
        "message header follows", "the original message follows", "copy of the message follows",
        "returned mail follows",
        "enclosed is a copy of the message", "below the next line is a copy of the message",
        "non-delivered message", "message header:", "message headers:",
    ])

    /// The message itself begins with one of these lines.
    static let headerBeginnings = PhraseList([
        "received:", "return-path:", "dkim-signature:", "x-originating-ip:",
    ])

    static let failures = PhraseList([
        "permanent error", "failed permanently", "permanent fatal error", "permanent failure", "given up",
        "permanently failed", "undeliverable", "no further attempts", "permanent errors",
    ])

    static let delays = PhraseList([
        "this is a warning message only", "this is only a warning", "you do not need to resend",
        "do not need to resend your message", "has not yet been delivered", "have not yet been delivered",
        "will continue to be attempted", "delivery attempts will continue", "has been delayed",
        "delivery is delayed", "delivery has been delayed", "will keep trying", "will be retried for",
        "no action is required on your part", "still being retried", "still retrying",
        "transient non-fatal errors", "we'll keep trying", "message is still in the queue",
        "delivery temporarily suspended, no action", "will retry for",
    ])

    static let successes = PhraseList([
        "was successfully delivered", "has been successfully delivered", "successfully relayed",
        "your message has been delivered", "successfully sent on",
    ])

    /// Words right before a recipient inside a line.
    static let beforeAddress = PhraseList([
        "delivered to:", "delivered to", "deliver message to:", "delivering your mail to",
        "permanent errors:", "final-recipient: rfc822;", "rcpt to:", "attempts:", "exceeds allowed size:",
        "unknown user:",
        "invalid final delivery userid:", "undeliverable to", "failed to deliver to", "recipient address:",
        "recipient:", "user unknown:", "no such user:", "delivery failed:", "to the following address:",
        "message to", "duplicated message-id in", "mailbox unavailable:", "mailbox full:",
        "failed recipient:",
        "an error occurred while sending mail to",
    ])

    /// Words that may follow a recipient at the beginning of a line.
    static let behindAddress = PhraseList([
        "on ", "...", "- ", "failed", "invalid", "unknown", "user", "mailbox", "does not", "doesn't",
        "was rejected", "rejected", "550", "551", "552", "553", "554", "5.", "4.", "no such", "cannot",
        "delivery", "(", "\"", "not found", "host", "account", "error", "undeliverable", "unrecoverable",
    ])
}
