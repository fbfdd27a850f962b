import Admission
import Doors
import EventLoop
import MailFormat
import NodeProtocol
import Service
import Spool

/// The way of another host's delivery report to the sender who asked for one (RFC 3461 §6): a host that
/// offers DSN takes the wish over with the message and reports to its return path, which is ours.
///
/// Nothing of what came is sent on as it is, because whoever got the message knows its return path and may
/// write there. A report of our own is made of the status fields, with the sender's ENVID and ORCPT, from the
/// null path, about recipients whom the message had, for outcomes that NOTIFY names, and once for each. A
/// message that another node accepted is asked of that node, or of the one that took over its
/// spool. Any thread may call it.
struct ReportRoad: Sendable {
    let node: UInt16
    let holder: SnapshotHolder
    let spool: Spool
    let dispatcher: LoopBound<Dispatcher>
    let returnPaths: ReturnPaths
    let notices: DeliveryNotices
    let wishes: ReportWishes
    let clock: WallClock
    /// Asks the node that knows of the message; nil when it does not answer.
    let ask: @Sendable (PassedReport, ClusterNode) async -> PassedReport.Answer?

    /// - Parameter mayAsk: whether another node may be asked.
    /// - Returns: how many recipients the sender is told of.
    /// - Throws: when the disk does not take it, or the node that knows does not answer.
    func passOn(
        _ report: PassedReport, _ proof: ReturnPath.Proof, mayAsk: Bool
    ) async throws(Refusal) -> Int {
        guard let mail = wishes.mail(proof.message, of: proof.tenant) else {
            guard mayAsk, let peer = holder.current?.keeper(of: proof.message.node), peer.number != node
            else { return 0 }
            if let answer = await ask(report, peer) { return answer.passedOn }
            // A bounce is told of by its event all the same; what no event tells of comes again later.
            guard report.outcomes.contains(where: { $0.action != .failed }) else { return 0 }
            throw Refusal(.overloaded, "the node that knows of the message does not answer; try again")
        }
        var told = 0
        for reporter in Set(report.outcomes.map(\.reporter)) {
            let some = report.outcomes.filter { $0.reporter == reporter }
            told += try await tell(some, mail, proof, reporter: reporter)
        }
        return told
    }

    /// Proves the address, which another node has sent, and tells.
    func take(_ report: PassedReport) async throws(Refusal) -> PassedReport.Answer {
        guard let snapshot = holder.current,
            let proof = returnPaths.current.proof(
                of: report.address, owner: { snapshot.owner(ofDomain: $0) })
        else { return PassedReport.Answer(passedOn: 0) }
        return PassedReport.Answer(passedOn: try await passOn(report, proof, mayAsk: false))
    }

    private func tell(
        _ outcomes: [ReportedOutcome], _ mail: MailEntry, _ proof: ReturnPath.Proof, reporter: String?
    ) async throws(Refusal) -> Int {
        var wanted: [DeliveryNotices.Wanted] = []
        var claimed: [ReportWishes.Told] = []
        for outcome in outcomes {
            guard let index = place(of: outcome, mail, proof), let request = mail.request,
                request.recipients.indices.contains(index),
                let action = DeliveryNotice.Action(rawValue: outcome.action.rawValue),
                request.recipients[index].notify?.contains(action.notification) == true
            else { continue }
            let told = ReportWishes.Told(message: proof.message, index: index, action: action.number)
            guard wishes.claim(told) else { continue }
            claimed.append(told)
            wanted.append(
                DeliveryNotices.Wanted(
                    index: index, action: action, event: event(outcome, mail, proof, index),
                    isRemoteReply: !outcome.text.isEmpty, isPassedOn: true))
        }
        guard !wanted.isEmpty else { return 0 }
        let made = notices.make(
            wanted, of: proof.message, mail, original: mail.remembered, snapshot: holder.current,
            reporter: reporter ?? "unknown")
        do throws(SpoolError) { try await commit(made) } catch {
            wishes.settle(claimed, at: nil)
            throw Refusal(error)
        }
        wishes.settle(claimed, at: clock.now())
        return made.isEmpty ? 0 : wanted.count
    }

    /// Whom an outcome is about: the recipient who is named, by his own address or as the sender had written
    /// it, or the only one whom the return path can mean.
    private func place(
        of outcome: ReportedOutcome, _ mail: MailEntry, _ proof: ReturnPath.Proof
    ) -> Int? {
        let paths = returnPaths.current
        let possible = mail.log.recipients.indices.filter {
            paths.names(mail.log.recipients[$0], in: proof) ?? true
        }
        let names = outcome.addresses.map { $0.lowercased() }
        let named = possible.first { index in
            names.contains(mail.log.recipients[index].lowercased())
        }
        if let named { return named }
        let original = possible.first { index in
            guard let request = mail.request, request.recipients.indices.contains(index),
                let address = request.recipients[index].originalRecipient?.address
            else { return false }
            return names.contains(address.lowercased())
        }
        return original ?? (possible.count == 1 ? possible.first : nil)
    }

    private func event(
        _ outcome: ReportedOutcome, _ mail: MailEntry, _ proof: ReturnPath.Proof, _ index: Int
    ) -> Event {
        var event = Event(
            .delivered, message: proof.message, tenant: proof.tenant, at: clock.now(), node: node,
            recipient: mail.log.recipients[index])
        event.remoteHost = outcome.remoteHost
        event.response = Event.Response(
            code: outcome.code ?? 250, enhancedCode: outcome.status, text: outcome.text)
        return event
    }

    private func commit(_ made: [DeliveryNotices.Made]) async throws(SpoolError) {
        guard !made.isEmpty else { return }
        let group = SpoolGroup(
            records: made.map(\.record), events: made.flatMap { $0.journaled(node: node) })
        _ = try await spool.commit(group)
        let messages = made.map(\.message)
        dispatcher.loop.execute { [dispatcher] in dispatcher.value.add(messages) }
    }
}

extension DeliveryNotice.Action {
    /// As it is kept on disk; a number never gets a second meaning.
    fileprivate var number: Int {
        switch self {
        case .failed: 1
        case .delayed: 2
        case .relayed: 3
        case .delivered: 4
        case .expanded: 5
        }
    }
}

extension MailEntry {
    /// What is remembered of the header of a message that has left.
    fileprivate var remembered: [UInt8] {
        var header: [UInt8] = []
        let fields = [("From", log.from), ("Subject", log.subject), ("Message-ID", log.messageIDHeader)]
        for (name, value) in fields {
            guard !value.isEmpty, let field = try? HeaderField.encode(name: name, value: value) else {
                continue
            }
            header += field
        }
        return header + [0x0D, 0x0A]
    }
}
