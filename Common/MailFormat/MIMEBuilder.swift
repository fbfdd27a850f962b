import Bytes

/// Makes the bytes of a message (RFC 5322, RFC 2045–2049): what all doors but SMTP send.
///
/// The result has CRLF line ends, no line past 998 bytes, and is ASCII but for a local part that needs
/// SMTPUTF8. It never has a Bcc field. Nothing from the caller can begin a header: values with CR, LF or NUL
/// are refused with the field's name, and every name and address is written by the grammar. Pure: the date,
/// the message id and the seed of the boundaries are handed in.
///
/// Shape: mixed( related( alternative( text, html ), inline… ), attachment… ), each layer only where it is
/// needed.
package enum MIMEBuilder {
    package static let maxSubjectBytes = 998
    package static let maxFilenameBytes = 255
    package static let maxHeaders = 1_000
    /// All fields together, which is as much as is read again (`MessageHeaders`).
    package static let maxHeaderBytes = 262_144

    /// Fields that `OutgoingMessage` has members for.
    private static let ownFields = ["From", "Sender", "Reply-To", "To", "Cc", "Subject"]

    /// A message, and where its recipients' copies differ.
    package struct Built: Sendable {
        package var bytes: [UInt8]
        package var places: [LinkPlace]
    }

    package static func build(_ message: OutgoingMessage) throws(MIMEBuildError) -> [UInt8] {
        try built(message).bytes
    }

    /// As `build`; a text that has places is quoted-printable.
    ///
    /// - Parameter start: whole header fields that come before all others.
    package static func built(
        _ message: OutgoingMessage, after start: [UInt8] = []
    ) throws(MIMEBuildError) -> Built {
        let addsListUnsubscribe =
            message.links.addsListUnsubscribe
            && !message.headers.contains { $0.name.isEqualIgnoringCase("List-Unsubscribe") }
        var output: [UInt8] = []
        output.reserveCapacity(start.count + 1024 + message.estimatedTextBytes)
        output += start
        try putHeader(of: message, addsListUnsubscribe: addsListUnsubscribe, to: &output)
        let headEnd = output.count
        var places = try putContent(of: message, to: &output)
        if addsListUnsubscribe { places.insert(LinkPlace(.listUnsubscribe, headEnd..<headEnd), at: 0) }
        return Built(bytes: output, places: places)
    }

    /// Subject, MIME-Version, the fields that describe the content, and the content: what follows the other
    /// fields of a message that exists.
    package static func subjectAndContent(of message: OutgoingMessage) throws(MIMEBuildError) -> Built {
        var output: [UInt8] = []
        try put(subject: message.subject, to: &output)
        output.append(literal: mimeVersion)
        let places = try putContent(of: message, to: &output)
        return Built(bytes: output, places: places)
    }

    private static let mimeVersion: StaticString = "MIME-Version: 1.0\r\n"

    /// The fields that describe the content, and the content.
    ///
    /// - Returns: the places of its texts in the output.
    private static func putContent(
        of message: OutgoingMessage, to output: inout [UInt8]
    ) throws(MIMEBuildError) -> [LinkPlace] {
        let root = try content(of: message)
        output.reserveCapacity(output.count + root.estimatedBytes + 2)
        let places: [LinkPlace]
        do {
            let token = boundaryToken(seed: message.boundarySeed, notIn: root)
            places = try root.write(to: &output, token: token)
        } catch {
            // Every value inside was checked against its length before.
            throw MIMEBuildError(field: "attachments", reason: .malformed)
        }
        if output.last != .lineFeed || output.dropLast().last != .carriageReturn {
            output += [.carriageReturn, .lineFeed]
        }
        return places
    }

    // MARK: Header

    /// - Parameter addsListUnsubscribe: whether a caller's List-Unsubscribe-Post is left out: it comes with
    ///   the other, which alone says where to post.
    private static func putHeader(
        of message: OutgoingMessage, addsListUnsubscribe: Bool, to output: inout [UInt8]
    ) throws(MIMEBuildError) {
        let start = output.count
        guard !message.from.isEmpty else { throw MIMEBuildError(field: "from", reason: .missing) }
        guard message.from.count == 1 || message.sender != nil else {
            throw MIMEBuildError(field: "sender", reason: .missing)
        }
        guard MessageIdentifier.isValid(message.messageID) else {
            throw MIMEBuildError(field: "message_id", reason: .malformed)
        }
        output.append(literal: "Date: ")
        MailDate.append(secondsSince1970: message.dateSecondsSince1970, to: &output)
        output.append(literal: "\r\n")
        try put("From", message.from, as: "from", to: &output)
        try put("Sender", message.sender.map { [$0] } ?? [], as: "sender", to: &output)
        try put("Reply-To", message.replyTo, as: "reply_to", to: &output)
        try put("To", message.to, as: "to", to: &output)
        try put("Cc", message.cc, as: "cc", to: &output)
        if message.to.isEmpty, message.cc.isEmpty {
            output.append(literal: "To: undisclosed-recipients:;\r\n")
        }
        try put(subject: message.subject, to: &output)
        try put("Message-ID", message.messageID, as: "message_id", to: &output)
        output.append(literal: mimeVersion)
        try putHeaders(of: message, addsListUnsubscribe: addsListUnsubscribe, to: &output)
        guard output.count - start <= maxHeaderBytes else {
            throw MIMEBuildError(field: "headers", reason: .tooLong(maxBytes: maxHeaderBytes))
        }
    }

    /// The caller's further fields.
    private static func putHeaders(
        of message: OutgoingMessage, addsListUnsubscribe: Bool, to output: inout [UInt8]
    ) throws(MIMEBuildError) {
        guard !message.headers.isEmpty else { return }
        let headers = message.headers.filter {
            !(addsListUnsubscribe && $0.name.isEqualIgnoringCase("List-Unsubscribe-Post"))
        }
        guard headers.count <= maxHeaders else {
            throw MIMEBuildError(field: "headers", reason: .tooMany(max: maxHeaders))
        }
        for header in headers where !HeaderPolicy.isInstruction(header.name) {
            try put(header, to: &output)
        }
    }

    private static func put(
        _ name: StaticString, _ value: String, as member: String, to output: inout [UInt8]
    ) throws(MIMEBuildError) {
        do { try HeaderField.append(ownName: name, structured: value, to: &output) } catch {
            throw buildError(error, member)
        }
    }

    private static func buildError(_ error: HeaderError, _ member: String) -> MIMEBuildError {
        switch error {
        case .controlCharacter: MIMEBuildError(field: member, reason: .controlCharacter)
        case .valueTooLong:
            MIMEBuildError(field: member, reason: .tooLong(maxBytes: HeaderError.maxLineBytes))
        default: MIMEBuildError(field: member, reason: .malformed)
        }
    }

    private static func put(
        _ name: StaticString, _ mailboxes: [Mailbox], as member: String, to output: inout [UInt8]
    ) throws(MIMEBuildError) {
        guard let first = mailboxes.first else { return }
        for (number, mailbox) in mailboxes.enumerated() {
            guard let readerName = mailbox.name else { continue }
            guard !readerName.hasControl() else {
                throw MIMEBuildError(field: "\(member)[\(number)]", reason: .controlCharacter)
            }
            guard readerName.utf8.count <= maxSubjectBytes else {
                throw MIMEBuildError(
                    field: "\(member)[\(number)]", reason: .tooLong(maxBytes: maxSubjectBytes))
            }
        }
        let value = mailboxes.count == 1 ? first.headerValue : AddressList(mailboxes).headerValue
        try put(name, value, as: member, to: &output)
    }

    /// A subject that is ASCII but holds `=?` is encoded as well: readers would decode what was meant
    /// literally.
    private static func put(subject: String, to output: inout [UInt8]) throws(MIMEBuildError) {
        guard subject.utf8.count <= maxSubjectBytes else {
            throw MIMEBuildError(field: "subject", reason: .tooLong(maxBytes: maxSubjectBytes))
        }
        let room = HeaderFolder.wantedLineBytes - "Subject: ".utf8.count
        guard !isShortAndPlain(subject, maxBytes: room) else {
            return try put("Subject", subject, as: "subject", to: &output)
        }
        var isPlain = subject.utf8.first?.isBlank != true && subject.utf8.last?.isBlank != true
        var previous = UInt8.space
        var wordBytes = 0
        for byte in subject.utf8 {
            guard !byte.isControl || byte == .tab else {
                throw MIMEBuildError(field: "subject", reason: .controlCharacter)
            }
            wordBytes = byte == .space ? 0 : wordBytes + 1
            if byte >= 0x80 || wordBytes > room || (byte == .question && previous == .equals) {
                isPlain = false
            }
            previous = byte
        }
        if isPlain { return try put("Subject", subject, as: "subject", to: &output) }
        let words = EncodedWord.encode(subject, firstRoomBytes: room)
        try put("Subject", words.joined(separator: " "), as: "subject", to: &output)
    }

    /// Whether a subject is one line of printable ASCII without `=`, which needs no closer look.
    private static func isShortAndPlain(_ subject: String, maxBytes: Int) -> Bool {
        var subject = subject
        return subject.withUTF8 { bytes in
            bytes.count <= maxBytes && bytes.first != .space && bytes.last != .space
                && ByteRun.ofASCII(bytes, from: 0, to: bytes.count, first: .space, except: .equals)
                    == bytes.count
        }
    }

    private static func put(
        _ header: (name: String, value: String), to output: inout [UInt8]
    ) throws(MIMEBuildError) {
        guard HeaderField.isValidName(header.name) else {
            throw MIMEBuildError(field: "headers.?", reason: .malformed)
        }
        func refusal(_ reason: MIMEBuildError.Reason) -> MIMEBuildError {
            MIMEBuildError(field: "headers.\(header.name)", reason: reason)
        }
        if ownFields.contains(where: { header.name.isEqualIgnoringCase($0) }) { throw refusal(.setElsewhere) }
        if header.name.isEqualIgnoringCase("Message-ID") { throw refusal(.setElsewhere) }
        guard HeaderPolicy.isAllowed(name: header.name, value: header.value) else {
            throw refusal(.forbidden)
        }
        guard !header.value.hasControl(besides: .tab) else { throw refusal(.controlCharacter) }
        let value = header.value.isASCII ? header.value : try ascii(header)
        do { try HeaderField.append(name: header.name, structured: value, to: &output) } catch {
            throw buildError(error, "headers.\(header.name)")
        }
    }

    /// The value of a field that is not ASCII, by the field's grammar.
    private static func ascii(
        _ header: (name: String, value: String)
    ) throws(MIMEBuildError) -> String {
        switch HeaderDowngrade.grammar(of: header.name) {
        case .addresses:
            do { return try AddressList(header.value).headerValue } catch {
                throw MIMEBuildError(field: "headers.\(header.name)", reason: .malformed)
            }
        case .parameters: return ParameterizedValue(parsing: header.value).headerValue
        case .rigid: throw MIMEBuildError(field: "headers.\(header.name)", reason: .notASCII)
        case .text:
            let room = HeaderFolder.wantedLineBytes - header.name.utf8.count - 2
            return EncodedWord.encode(header.value, firstRoomBytes: room).joined(separator: " ")
        }
    }

    // MARK: Content

    private static func content(of message: OutgoingMessage) throws(MIMEBuildError) -> MIMENode {
        var node = body(of: message)
        var outside: [MIMENode] = []
        var inside: [MIMENode] = []
        for (number, attachment) in message.attachments.enumerated() {
            let part = try AttachmentPart.node(attachment, member: "attachments[\(number)]")
            if attachment.isInline, message.html != nil { inside.append(part) } else { outside.append(part) }
        }
        if !inside.isEmpty {
            node = .multipart(
                subtype: "related", parameters: [("type", node.rootType)], children: [node] + inside)
        }
        return outside.isEmpty
            ? node : .multipart(subtype: "mixed", parameters: [], children: [node] + outside)
    }

    private static func body(of message: OutgoingMessage) -> MIMENode {
        let links = message.links
        let html = message.html?.textNode("html", places: links.places(inHTML:))
        if let html, message.text == nil { return html }
        let text = (message.text ?? "").textNode("plain", places: links.places(inText:))
        guard let html else { return text }
        return .multipart(subtype: "alternative", parameters: [], children: [text, html])
    }

    // MARK: Boundaries

    /// The end of all boundaries: a text that no body contains. At most one part of a level is a multipart,
    /// so the level is all that has to tell them apart.
    static func boundaryToken(seed: UInt64, notIn root: MIMENode) -> String {
        guard case .multipart = root else { return "" }
        var state = seed
        while true {
            let token = "_\(hexadecimal(mix(&state)))\(hexadecimal(mix(&state)))"
            if !root.contains(Array(token.utf8)) { return token }
        }
    }

    /// SplitMix64.
    private static func mix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
