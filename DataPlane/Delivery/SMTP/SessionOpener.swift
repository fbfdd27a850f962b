import EventLoop

/// Opens sessions with the TLS that is asked for, and tells the reports what came of it. Loop bound.
///
/// Where TLS is offered, fails and is not mandatory, it tries once more without, and remembers the host for a
/// while.
final class SessionOpener {
    private let settings: DeliverySettings
    private let contexts: MailTLSContexts
    private let reports: TLSReportBook?
    private var brokenTLS: BrokenTLSMemory

    init(_ settings: DeliverySettings, _ contexts: MailTLSContexts, _ reports: TLSReportBook?) {
        self.settings = settings
        self.contexts = contexts
        self.reports = reports
        brokenTLS = BrokenTLSMemory(time: settings.brokenTLSTime)
    }

    func open(
        _ candidate: MailCandidate, _ asked: HostTLS, _ attempt: DeliveryAttempt
    ) async throws(SMTPFailure) -> SMTPSession {
        let isOptional = !asked.policy.isMandatory && asked.policy != .never
        var opening = SMTPSession.Opening(
            candidate: candidate, clientName: attempt.clientName ?? settings.clientName, policy: asked.policy,
            contexts: contexts, timeouts: settings.timeouts,
            localAddress: attempt.localAddress.address(towards: candidate.address))
        if isOptional, brokenTLS.contains(candidate, now: .now()) { opening.policy = .never }
        do throws(SMTPFailure) {
            let session = try await SMTPSession.open(opening)
            record(session, asked)
            return session
        } catch {
            record(error, asked.subject, candidate, attempt)
            guard isOptional, opening.policy != .never, error.stage == .startTLS else { throw error }
            brokenTLS.insert(candidate, now: .now())
            opening.policy = .never
            return try await SMTPSession.open(opening)
        }
    }

    // MARK: Reports

    /// A policy that could not be had.
    func record(_ demand: TLSDemand) {
        guard let problem = demand.problem else { return }
        let isCached = demand.announced != nil
        reports?.record(
            isCached ? TLSReportSubject(demand) : TLSReportSubject(unread: demand.domain), problem)
    }

    /// A session that did not come about; only TLS is reported.
    func record(
        _ failure: SMTPFailure, _ subject: TLSReportSubject, _ candidate: MailCandidate,
        _ attempt: DeliveryAttempt
    ) {
        guard let result = failure.tlsResult else { return }
        reports?.record(
            subject, TLSProblem(result: result, text: failure.reply.text), candidate,
            sendingIP: attempt.localAddress.address(towards: candidate.address)?.ip)
    }

    private func record(_ session: SMTPSession, _ asked: HostTLS) {
        guard session.opening.policy != .never else { return }
        reports?.record(
            asked.subject, problem(session, asked), session.candidate,
            sendingIP: session.connection.stream.localAddress.ip)
    }

    /// What was wrong with a session that was good enough.
    private func problem(_ session: SMTPSession, _ asked: HostTLS) -> TLSProblem? {
        guard let tls = session.tls else {
            return TLSProblem(result: .startTLSNotSupported, text: "no STARTTLS")
        }
        if let problem = asked.problem { return problem }
        guard asked.subject.kind == .sts, case .observed = asked.policy else { return nil }
        if !asked.policy.names(host: session.candidate.name) {
            return TLSProblem(result: .validationFailure, text: "the host is not in the policy")
        }
        return tls.certificateFault.map { TLSProblem(result: TLSResult($0), text: "certificate: \($0)") }
    }
}
