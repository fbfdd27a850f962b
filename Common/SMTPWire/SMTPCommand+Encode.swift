extension SMTPCommand {
    /// The line for the wire, CRLF included: what a client sends.
    package func encode() -> [UInt8] {
        var line: [UInt8] = []
        append(to: &line)
        return line
    }

    /// Adds the line to what is to be sent, so that several commands leave in one write (RFC 2920). Which
    /// parameters the server knows is the caller's to check (`SMTPExtensions`); a control character from
    /// outside becomes `?` and cannot begin a second command.
    package func append(to output: inout [UInt8]) {
        let start = output.count
        write(to: &output)
        output.withUnsafeMutableBufferPointer { bytes in
            for index in start..<bytes.count where bytes[index] < .space || bytes[index] == 0x7F {
                bytes[index] = 0x3F
            }
        }
        output.append(.carriageReturn)
        output.append(.lineFeed)
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .ehlo(let name): output.append("EHLO ", name)
        case .helo(let name): output.append("HELO ", name)
        case .mail(let path, let parameters):
            output.append("MAIL FROM:<")
            path?.append(to: &output)
            output.append(.greater)
            parameters.append(to: &output)
        case .rcpt(let path, let parameters):
            output.append("RCPT TO:<")
            path.append(to: &output)
            output.append(.greater)
            parameters.append(to: &output)
        case .data: output.append("DATA")
        case .bdat(let byteCount, let isLast):
            output.append("BDAT ", String(byteCount))
            if isLast { output.append(" LAST") }
        case .rset: output.append("RSET")
        case .noop: output.append("NOOP")
        case .quit: output.append("QUIT")
        case .vrfy(let name): output.append("VRFY ", name)
        case .expn(let name): output.append("EXPN ", name)
        case .help: output.append("HELP")
        case .startTLS: output.append("STARTTLS")
        case .auth(let mechanism, let response):
            output.append("AUTH ", mechanism)
            guard let response else { return }
            output.append(.space)
            if response.isEmpty { output.append(.equals) } else { output += response }
        case .unknown(let verb): output.append("", verb)
        }
    }
}

extension MailParameters {
    fileprivate func append(to output: inout [UInt8]) {
        if let sizeBytes { output.append(" SIZE=", String(sizeBytes)) }
        if let body { output.append(" BODY=", body.rawValue) }
        if smtpUTF8 { output.append(" SMTPUTF8") }
        if let returnedContent { output.append(" RET=", returnedContent.rawValue) }
        if let envelopeID { output.append(" ENVID=", Xtext.encode(envelopeID)) }
        if let sender = authenticatedSender {
            output.append(" AUTH=", sender.isEmpty ? "<>" : Xtext.encode(sender))
        }
        if requireTLS { output.append(" REQUIRETLS") }
    }
}

extension RecipientParameters {
    fileprivate func append(to output: inout [UInt8]) {
        if let notify { output.append(" NOTIFY=", notify.keyword) }
        if let originalRecipient { output.append(" ORCPT=", originalRecipient.encoded) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ keyword: StaticString) {
        keyword.withUTF8Buffer { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ keyword: StaticString, _ value: String) {
        append(keyword)
        append(contentsOf: value.utf8)
    }
}
