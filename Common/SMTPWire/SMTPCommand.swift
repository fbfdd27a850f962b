/// One command of an SMTP client, parsed from one line.
///
/// SMTPWire is the wire format of SMTP in both directions: commands, replies, extension lists, dot-stuffing
/// and the credentials inside AUTH. It is pure: bytes in, values out. It never reads, waits or remembers a
/// session; the doors and the deliveries drive it.
///
/// It promises that only CRLF ends a line, that only CRLF.CRLF ends a message, and that no input traps. What
/// is malformed becomes an `SMTPSyntaxError` that carries the reply to send; what is well formed but unknown
/// becomes `.unknown`, because the answer to that is the session's. Limits: `SMTPLimits`.
package enum SMTPCommand: Hashable, Sendable {
    /// The client's name, not checked against anything but its characters.
    case ehlo(String)
    case helo(String)
    /// `from` is nil for the null path `<>`.
    case mail(from: SMTPPath?, MailParameters)
    case rcpt(to: SMTPPath, RecipientParameters)
    case data
    /// RFC 3030: so many bytes follow the CRLF of this line.
    case bdat(byteCount: Int, isLast: Bool)
    case rset
    case noop
    case quit
    case vrfy(String)
    case expn(String)
    case help
    case startTLS
    /// RFC 4954: `initialResponse` is still base64; `=` has become the empty array.
    case auth(mechanism: String, initialResponse: [UInt8]?)
    /// The verb in upper case, printable, at most 32 characters.
    case unknown(String)

    /// Parses a line without its CRLF. White space at the end is tolerated (RFC 5321 §4.1.1).
    package init(line: ArraySlice<UInt8>) throws(SMTPSyntaxError) {
        guard line.count <= SMTPLimits.maxAuthenticationLineBytes else {
            throw SMTPSyntaxError(code: 500, status: .init(5, 5, 2), text: "Line too long")
        }
        guard !line.contains(where: { $0 < .space && $0 != .tab }) else {
            throw .command("Control characters are not allowed")
        }
        let line = line.trimmingBlanks()
        let end = line.firstIndex(of: .space) ?? line.endIndex
        let arguments = line[end...].trimmingBlanks()
        self = try Self.parse(verb: line[..<end].prefix(32).keyword, arguments)
    }

    private static func parse(verb: String, _ arguments: ArraySlice<UInt8>) throws(SMTPSyntaxError)
        -> SMTPCommand
    {
        switch verb {
        case "EHLO": .ehlo(try clientName(arguments))
        case "HELO": .helo(try clientName(arguments))
        case "MAIL": try mail(arguments)
        case "RCPT": try recipient(arguments)
        case "DATA": try bare(.data, arguments)
        case "BDAT": try chunk(arguments)
        case "RSET": try bare(.rset, arguments)
        case "NOOP": .noop
        case "QUIT": try bare(.quit, arguments)
        case "VRFY": .vrfy(try argument(arguments))
        case "EXPN": .expn(try argument(arguments))
        case "HELP": .help
        case "STARTTLS": try bare(.startTLS, arguments)
        case "AUTH": try authentication(arguments)
        default: .unknown(verb)
        }
    }

    private static func bare(
        _ command: SMTPCommand, _ arguments: ArraySlice<UInt8>
    ) throws(SMTPSyntaxError) -> SMTPCommand {
        guard arguments.isEmpty else { throw .arguments("No argument expected") }
        return command
    }

    private static func argument(_ bytes: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> String {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            throw .arguments("Argument expected")
        }
        return text
    }

    /// A domain or an address literal. Real clients send names that are neither, so only the characters are
    /// checked.
    private static func clientName(_ bytes: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> String {
        guard !bytes.isEmpty, bytes.count <= SMTPLimits.maxDomainBytes,
            bytes.allSatisfy({ $0.isLetterOrDigit || ".-_:[]".utf8.contains($0) })
        else { throw .arguments("Domain name or address literal expected") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func mail(_ arguments: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> SMTPCommand {
        var cursor = try pathCursor(arguments, keyword: "FROM:")
        let path: SMTPPath?
        do { path = try cursor.path() } catch { throw .sender(text(of: error)) }
        guard path?.domain.isEmpty != true else { throw .sender("Domain expected") }
        let parameters = try MailParameters(Parameter.list(cursor.rest))
        guard parameters.smtpUTF8 || path?.isASCII != false else { throw .needsSMTPUTF8 }
        return .mail(from: path, parameters)
    }

    private static func recipient(_ arguments: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> SMTPCommand {
        var cursor = try pathCursor(arguments, keyword: "TO:")
        let path: SMTPPath?
        do { path = try cursor.path() } catch { throw .recipient(text(of: error)) }
        guard let path else { throw .recipient("The null path is no recipient") }
        return .rcpt(to: path, try RecipientParameters(Parameter.list(cursor.rest)))
    }

    /// Clients that write a space behind the colon are too many to refuse; it changes no meaning.
    private static func pathCursor(
        _ arguments: ArraySlice<UInt8>, keyword: String
    ) throws(SMTPSyntaxError) -> PathCursor {
        let length = keyword.utf8.count
        guard arguments.prefix(length).keyword == keyword else {
            throw .arguments("\(keyword)<address> expected")
        }
        return PathCursor(arguments.dropFirst(length).trimmingBlanks())
    }

    private static func text(of malformation: SMTPPath.Malformation) -> String {
        switch malformation {
        case .noAngleBrackets: "Address between < and > expected"
        case .badSourceRoute: "Bad source route"
        case .badLocalPart: "Bad local part of the address"
        case .noDomain: "Domain expected"
        case .badDomain: "Bad domain in the address"
        case .badAddressLiteral: "Bad address literal"
        case .badUTF8: "Address is not UTF-8"
        case .localPartTooLong: "Local part longer than \(SMTPLimits.maxLocalPartBytes) bytes"
        case .domainTooLong: "Domain longer than \(SMTPLimits.maxDomainBytes) bytes"
        case .pathTooLong: "Path longer than \(SMTPLimits.maxPathBytes) bytes"
        }
    }

    private static func chunk(_ arguments: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> SMTPCommand {
        let words = arguments.split(separator: .space)
        guard let count = words.first, words.count <= 2, words.count == 1 || words[1].keyword == "LAST",
            count.count <= 20, count.allSatisfy(\.isDigit)
        else { throw .arguments("BDAT size [LAST] expected") }
        guard let byteCount = count.decimalNumber else { throw .tooLarge }
        return .bdat(byteCount: byteCount, isLast: words.count == 2)
    }

    private static func authentication(_ arguments: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> SMTPCommand
    {
        let words = arguments.split(separator: .space)
        guard let mechanism = words.first, words.count <= 2, mechanism.count <= 20,
            mechanism.allSatisfy({ $0.isLetterOrDigit || $0 == .hyphen || $0 == 0x5F })
        else { throw .arguments("AUTH mechanism [initial-response] expected") }
        guard words.count == 2 else { return .auth(mechanism: mechanism.keyword, initialResponse: nil) }
        let response = words[1] == [.equals] ? [] : Array(words[1])
        return .auth(mechanism: mechanism.keyword, initialResponse: response)
    }
}
