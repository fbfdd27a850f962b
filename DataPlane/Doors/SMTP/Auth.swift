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
        if let reply = authObstacle() {
            refuse(reply)
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

    private func authObstacle() -> SMTPReply? {
        if stream.tls == nil {
            return SMTPReply(538, .init(5, 7, 11), "Encryption required for authentication: STARTTLS first")
        }
        if clientName == nil || !isExtended { return SMTPReply(503, .init(5, 5, 1), "Say EHLO first") }
        if transaction != nil { return SMTPReply(503, .init(5, 5, 1), "Not inside a transaction") }
        switch credential {
        case .basic, .bearer: return SMTPReply(503, .init(5, 5, 1), "Already authenticated")
        case .trustedNetwork, nil: return nil
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
        case "LOGIN":
            var name = initial
            if name == nil { name = try await answer(to: "VXNlcm5hbWU6") }
            guard let name, let password = try await answer(to: "UGFzc3dvcmQ6") else { return .ended }
            do throws(SASLCredentials.Malformation) {
                return .credentials(
                    SASLCredentials(
                        username: try SASLCredentials.loginAnswer(name[...]),
                        password: try SASLCredentials.loginAnswer(password[...])))
            } catch { return .refused(error.reply) }
        default: return .refused(SMTPReply(504, .init(5, 5, 4), "AUTH takes PLAIN or LOGIN"))
        }
    }

    /// Asks with a challenge (base64) and gives the client's line; nil when the session has to end.
    private func answer(to challenge: String) async throws(StreamError) -> [UInt8]? {
        say(SMTPReply(334, challenge))
        return try await readLine(maxBytes: SMTPLimits.maxAuthenticationLineBytes)
    }

    private func login(_ credentials: SASLCredentials, _ logins: Logins) async -> Next {
        let (wait, closes) = logins.limits.delay(address: remoteIP, name: credentials.username, now: loop.now)
        if wait > .zero { await loop.sleep(min(wait, configuration.maxLoginDelay)) }
        let presented: PresentedCredential =
            credentials.password.hasPrefix("dsp_")
            ? .bearer(credentials.password)
            : .basic(username: credentials.username, password: credentials.password)
        do throws(Refusal) {
            _ = try logins.intake.authenticate(presented, tenant: nil, sourceIP: remoteIP)
            logins.limits.succeeded(name: credentials.username)
            credential = presented
            say(SMTPReply(235, .init(2, 7, 0), "Authentication successful"))
            return .goOn
        } catch {
            logins.limits.failed(address: remoteIP, name: credentials.username, now: loop.now)
            log.info(
                "smtp login refused", ["remote": .string(remoteIP), "code": .string(error.code.rawValue)])
            if closes {
                say(SMTPReply(421, .init(4, 7, 0), "Too many failed logins"))
                return .close
            }
            refuse(error.smtpReply)
            return .goOn
        }
    }
}
