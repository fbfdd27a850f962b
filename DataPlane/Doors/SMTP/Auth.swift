import Admission
import EventLoop
import SMTPWire

extension SMTPSession {
    /// AUTH PLAIN and LOGIN (RFC 4954), only under TLS.
    func auth(_ mechanism: String, _ initial: [UInt8]?) async throws(StreamError) -> Next {
        guard let logins = policy.logins else {
            refuse(SMTPReply(502, .init(5, 5, 1), "AUTH is not offered"))
            return .goOn
        }
        if stream.tls == nil {
            refuse(
                SMTPReply(
                    538, .init(5, 7, 11), "Encryption required for authentication: STARTTLS first"))
            return .goOn
        }
        guard clientName != nil, isExtended else { return refuseOrder("Say EHLO first") }
        guard transaction == nil else { return refuseOrder("Not inside a transaction") }
        guard !isLoggedIn else {
            // No end of the session: clients that ask for a login before each message take 503 for a yes.
            refuse(SMTPReply(503, .init(5, 5, 1), "Already authenticated"))
            return .goOn
        }
        let credentials: SASLCredentials
        switch try await dialogue(mechanism, initial) {
        case .credentials(let given): credentials = given
        case .refused(let reply):
            refuse(reply)
            return .goOn
        case .ended: return .close
        }
        return await login(credentials, logins)
    }

    private enum Dialogue {
        case credentials(SASLCredentials)
        case refused(SMTPReply)
        case ended
    }

    private var isLoggedIn: Bool {
        switch credential {
        case .basic, .bearer: true
        case .trustedNetwork, nil: false
        }
    }

    private func dialogue(_ mechanism: String, _ initial: [UInt8]?) async throws(StreamError) -> Dialogue {
        switch mechanism {
        case "PLAIN":
            var response = initial
            if response == nil { response = try await answer(to: "") }
            guard let response else { return .ended }
            do throws(SASLCredentials.Malformation) {
                return .credentials(try SASLCredentials(plain: response[...]))
            } catch { return .refused(error.reply) }
        case "LOGIN": return try await loginDialogue(initial)
        default: return .refused(SMTPReply(504, .init(5, 5, 4), "AUTH takes PLAIN or LOGIN"))
        }
    }

    /// Each answer is read before the next question: `*` ends the dialogue at either (RFC 4954 §4).
    private func loginDialogue(_ initial: [UInt8]?) async throws(StreamError) -> Dialogue {
        var answers: [String] = []
        for challenge in ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"] {
            var given = answers.isEmpty ? initial : nil
            if given == nil { given = try await answer(to: challenge) }
            guard let given else { return .ended }
            do throws(SASLCredentials.Malformation) {
                answers.append(try SASLCredentials.loginAnswer(given[...]))
            } catch { return .refused(error.reply) }
        }
        return .credentials(SASLCredentials(username: answers[0], password: answers[1]))
    }

    /// Asks with a challenge (base64) and gives the client's line; nil when the session has to end.
    private func answer(to challenge: String) async throws(StreamError) -> [UInt8]? {
        say(SMTPReply(334, challenge))
        return try await readLine(maxBytes: SMTPLimits.maxAuthenticationLineBytes)
    }

    private func login(_ credentials: SASLCredentials, _ logins: Logins) async -> Next {
        let name = credentials.username
        guard let delay = logins.limits.begin(address: remoteIP, name: name, now: loop.now) else {
            log.info("smtp login refused", ["remote": .string(remoteIP), "code": "too_many_at_once"])
            say(SMTPReply(421, .init(4, 7, 0), "Too many logins at once from this address"))
            return .close
        }
        if delay.wait > .zero { await loop.sleep(min(delay.wait, configuration.maxLoginDelay)) }
        logins.limits.end(delay, address: remoteIP)
        let presented: PresentedCredential =
            credentials.password.hasPrefix("dsp_")
            ? .bearer(credentials.password)
            : .basic(username: credentials.username, password: credentials.password)
        do throws(Refusal) {
            _ = try logins.intake.authenticate(presented, tenant: nil, sourceIP: remoteIP)
            logins.limits.succeeded(name: name)
            credential = presented
            say(SMTPReply(235, .init(2, 7, 0), "Authentication successful"))
            return .goOn
        } catch {
            logins.limits.failed(address: remoteIP, name: name, now: loop.now)
            log.info(
                "smtp login refused", ["remote": .string(remoteIP), "code": .string(error.code.rawValue)])
            if delay.closes {
                say(SMTPReply(421, .init(4, 7, 0), "Too many failed logins"))
                return .close
            }
            refuse(error.smtpReply)
            return .goOn
        }
    }
}
