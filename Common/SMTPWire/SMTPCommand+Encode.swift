extension SMTPCommand {
    /// The line for the wire, CRLF included: what a client sends. Which parameters the server knows is the
    /// caller's to check (`SMTPExtensions`); a control character from outside becomes `?` and cannot begin a
    /// second command.
    package func encode() -> [UInt8] {
        var line = text.utf8.map { $0 < .space || $0 == 0x7F ? 0x3F : $0 }
        line += [.carriageReturn, .lineFeed]
        return line
    }

    private var text: String {
        switch self {
        case .ehlo(let name): "EHLO \(name)"
        case .helo(let name): "HELO \(name)"
        case .mail(let path, let parameters):
            (["MAIL FROM:<\(path?.description ?? "")>"] + parameters.words).joined(separator: " ")
        case .rcpt(let path, let parameters):
            (["RCPT TO:<\(path)>"] + parameters.words).joined(separator: " ")
        case .data: "DATA"
        case .bdat(let byteCount, let isLast): "BDAT \(byteCount)\(isLast ? " LAST" : "")"
        case .rset: "RSET"
        case .noop: "NOOP"
        case .quit: "QUIT"
        case .vrfy(let name): "VRFY \(name)"
        case .expn(let name): "EXPN \(name)"
        case .help: "HELP"
        case .startTLS: "STARTTLS"
        case .auth(let mechanism, nil): "AUTH \(mechanism)"
        case .auth(let mechanism, let response?):
            "AUTH \(mechanism) \(response.isEmpty ? "=" : String(decoding: response, as: UTF8.self))"
        case .unknown(let verb): verb
        }
    }
}

extension MailParameters {
    fileprivate var words: [String] {
        [
            sizeBytes.map { "SIZE=\($0)" }, body.map { "BODY=\($0.rawValue)" }, smtpUTF8 ? "SMTPUTF8" : nil,
            returnedContent.map { "RET=\($0.rawValue)" }, envelopeID.map { "ENVID=\(Xtext.encode($0))" },
            authenticatedSender.map { "AUTH=\($0.isEmpty ? "<>" : Xtext.encode($0))" },
            requireTLS ? "REQUIRETLS" : nil,
        ].compactMap { $0 }
    }
}

extension RecipientParameters {
    fileprivate var words: [String] {
        [
            notify.map { "NOTIFY=\($0.keyword)" },
            originalRecipient.map { "ORCPT=\($0.type);\(Xtext.encode($0.address))" },
        ].compactMap { $0 }
    }
}
