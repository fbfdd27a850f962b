import Admission
import EventLoop
import MailFormat
import NodeProtocol
import SMTPWire

/// The door for what comes back (port 2526): delivery reports and complaints about our own messages, and
/// nothing else.
///
/// Anybody may connect, so the address is the proof: a recipient is taken only when its token is ours.
/// Whoever sends complaints to a fixed address, `fbl@<service host>`, proves them by the return path inside.
/// 250 comes when the event is on disk. Nothing is ever sent in answer, so no loop can begin here.
struct InboundPolicy: SMTPPolicy {
    private static let complaintLocalPart = "fbl"

    private let intake: any InboundIntake
    private let rates: ClientRates

    init(intake: any InboundIntake, limits: InboundLimits) {
        self.intake = intake
        rates = ClientRates(limits: limits)
    }

    var hostName: String { intake.hostName }
    var help: String {
        "Delivery reports and complaints about mail of ours: EHLO, STARTTLS, MAIL, RCPT, DATA"
    }
    var logins: Logins? { nil }

    /// Any sender, the null path of bounces among them, as often as the rate allows.
    func refusal(ofSender sender: SMTPPath?, in session: SMTPSession) -> SMTPReply? {
        guard rates.take(session.remoteIP, now: session.loop.now) else {
            return SMTPReply(450, .init(4, 7, 1), "Too many messages from your address, try again later")
        }
        return nil
    }

    func refusal(ofRecipient recipient: SMTPPath, in session: SMTPSession) -> SMTPReply? {
        do throws(Refusal) {
            if try intake.proof(of: recipient.description) != nil { return nil }
        } catch { return error.smtpReply }
        if isComplaintAddress(recipient) { return nil }
        let name = recipient.localPart.lowercased()
        if name.hasPrefix("bounces+") {
            return SMTPReply(550, .init(5, 7, 1), "This is no return path of ours")
        }
        if recipient.domain.hasPrefix("dispatch."), ["postmaster", "abuse"].contains(name) {
            let domain = recipient.domain.dropFirst("dispatch.".count)
            return SMTPReply(550, .init(5, 1, 1), "Nobody reads mail here: write to \(name)@\(domain)")
        }
        return SMTPReply(550, .init(5, 1, 1), "No such mailbox: only reports about mail of ours are taken")
    }

    private func isComplaintAddress(_ recipient: SMTPPath) -> Bool {
        recipient.localPart.lowercased() == Self.complaintLocalPart && !recipient.domain.isEmpty
            && recipient.domain == intake.complaintHost?.lowercased()
    }

    func take(
        _ message: [UInt8], _ transaction: SMTPSession.Transaction, in session: SMTPSession
    ) async -> SMTPReply {
        let report = MailReport(message)
        do throws(Refusal) {
            var (outcome, notices) = try await read(report, transaction.recipients)
            if !notices.isEmpty { try await intake.record(notices) }
            let told = try await passOn(report, transaction.recipients)
            if told > 0, outcome == .ignored { outcome = .passedOn }
            intake.note(outcome)
            return SMTPReply(250, .init(2, 6, 0), "Ok: \(Self.words(outcome))")
        } catch {
            intake.note(error.isTemporary ? .failed : .refused)
            session.log.info(
                "report refused",
                ["remote": .string(session.remoteIP), "reason": .string(error.message)])
            guard !error.isTemporary else { return error.smtpReply }
            return SMTPReply(550, .init(5, 7, 1), error.message)
        }
    }

    private func read(
        _ report: MailReport, _ recipients: [SMTPPath]
    ) async throws(Refusal) -> (InboundOutcome, [InboundNotice]) {
        var proofs: [ReturnPath.Proof] = []
        for recipient in recipients {
            if let proof = try intake.proof(of: recipient.description), !proofs.contains(proof) {
                proofs.append(proof)
            }
        }
        let content: ReportContent
        switch report {
        case .autoReply: return (.autoReply, [])
        case .other:
            throw Refusal(.invalid, "Only delivery reports, complaints and automatic replies are taken here")
        case .deliveryStatus(let status): content = ReportContent(status)
        case .feedback(let feedback):
            content = ReportContent(feedback)
            if proofs.isEmpty { proofs = try proofsInside(feedback) }
        }
        guard !proofs.isEmpty else {
            throw Refusal(.invalid, "Nothing in the report proves that it is about mail of ours")
        }
        var notices: [InboundNotice] = []
        for proof in proofs {
            guard content.mayBeAbout(proof.message) else {
                throw Refusal(.invalid, "The report is about another message than its address")
            }
            notices += await content.notices(proof) { await intake.names($0, in: proof) }
        }
        guard !notices.isEmpty else { return (.ignored, []) }
        return (content.isComplaint ? .complaint : .bounce, notices)
    }

    /// What hosts report by themselves of mail that they took over: its sender may have asked for that.
    private func passOn(_ report: MailReport, _ recipients: [SMTPPath]) async throws(Refusal) -> Int {
        guard case .deliveryStatus(let status) = report, status.isStandard else { return 0 }
        let outcomes = status.recipients.map { ReportedOutcome($0, reporter: status.reportingHost) }
        var told = 0
        var messages: [MessageID] = []
        for recipient in recipients {
            let address = recipient.description
            guard let proof = try intake.proof(of: address), !messages.contains(proof.message) else {
                continue
            }
            messages.append(proof.message)
            told += try await intake.passOn(outcomes, to: address, proof)
        }
        return told
    }

    /// What came to the fixed address proves itself by our header and the return path that only we can make.
    private func proofsInside(_ report: FeedbackReport) throws(Refusal) -> [ReturnPath.Proof] {
        guard report.original.dispatchID != nil else { return [] }
        for address in [report.original.returnPath, report.originalMailFrom] {
            if let address, let proof = try intake.proof(of: address) { return [proof] }
        }
        return []
    }

    private static func words(_ outcome: InboundOutcome) -> String {
        switch outcome {
        case .bounce: "bounce recorded"
        case .complaint: "complaint recorded"
        case .passedOn: "passed on to the sender"
        case .autoReply: "automatic reply dropped"
        case .ignored, .refused, .failed: "nothing to record"
        }
    }
}
