import SMTPWire

/// What stands out of order (RFC 5321 §4.1.4) is refused with 503 and ends the session: a client that has
/// lost its place may send a message's text as commands. The one exception is what a client must be able to
/// do that pipelines (RFC 2920 §3.1): it has sent RCPT and DATA before it can know that MAIL or RCPT was
/// refused, so behind a refusal the rest of its group is refused as well, and the session goes on.
extension SMTPSession {
    /// Refuses a MAIL, RCPT, DATA or BDAT that came in its order: what is still to come of its group is then
    /// no mistake of order.
    func refuseInGroup(_ reply: SMTPReply) {
        isGroupRefused = true
        refuse(reply)
    }

    /// Refuses a command out of order; the session ends unless a refusal before is the cause.
    func refuseOrder(_ text: String) -> Next {
        refuse(SMTPReply(503, .init(5, 5, 1), text))
        return isGroupRefused ? .goOn : .close
    }

    /// Refuses a line that is no command. Behind a BDAT whose size cannot be read nobody knows where the next
    /// command begins, so it ends the session.
    func refuseMalformed(_ line: [UInt8], _ reply: SMTPReply) -> Next {
        switch String(decoding: line.prefix(4), as: UTF8.self).uppercased() {
        case "MAIL", "RCPT", "DATA":
            refuseInGroup(reply)
            return .goOn
        case "BDAT":
            say(reply)
            return .close
        default:
            refuse(reply)
            return .goOn
        }
    }
}
