import FoundationEssentials
import Testing

@testable import MailFormat

/// Whatever goes into a message comes out of it, whoever reads it: our own parser, and Python's.
@Suite struct MIMEPropertyTests {
    private static let seeds: [UInt64] = [1, 2, 3, 4]
    private static let messagesOfSeed = 150

    @Test(arguments: seeds) func `what is built is read back by two parsers to the same parts`(
        seed: UInt64
    ) throws {
        var maker = MessageMaker(seed: seed)
        let messages = try (0..<Self.messagesOfSeed).map { try maker.message($0) }
        let built = try messages.map { try MIMEBuilder.build($0) }
        for (number, (message, bytes)) in zip(messages, built).enumerated() {
            let place = "seed \(seed), message \(number)"
            checkLines(bytes, of: message, place)
            check(MIMEParser.parse(bytes), message, place)
        }
        guard let readings = try PythonParts.read(built) else {
            print("skipped: python3 with its email package is not here")
            return
        }
        #expect(readings.count == messages.count)
        for (number, (message, reading)) in zip(messages, readings).enumerated() {
            check(reading, message, "seed \(seed), message \(number), read by Python")
        }
    }

    /// The rules of RFC 5322 §2.1.1, and ASCII where no address asks for more.
    private func checkLines(_ bytes: [UInt8], of message: OutgoingMessage, _ place: String) {
        let everybody =
            [message.from, message.to, message.cc, message.replyTo].flatMap(\.self)
            + [message.sender]
            .compactMap(\.self)
        if !everybody.contains(where: \.address.needsSMTPUTF8) {
            #expect(!EightBit.contains(bytes[...]), "\(place)")
        }
        var isHeader = true
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
            #expect(line.last == 13 && line.count <= 999 && !line.dropLast().contains(13), "\(place)")
            #expect(!line.contains(0), "\(place)")
            if line.count == 1 { isHeader = false }
            let widest = line.split(separator: 32).map(\.count).max() ?? 0
            if isHeader, line.count > 79, widest <= 70 {
                Issue.record("\(place): \(String(decoding: line, as: UTF8.self))")
            }
        }
        #expect(bytes.suffix(2) == [13, 10], "\(place)")
    }

    // MARK: Our own parser

    private func check(_ parsed: ParsedMessage, _ message: OutgoingMessage, _ place: String) {
        same(parsed.header("Subject"), message.subject, "\(place) subject")
        do {
            let headers = try MessageHeaders(parsed.bytes)
            #expect(headers.duplicates().isEmpty, "\(place)")
            for (name, people) in [
                ("From", message.from), ("To", message.to), ("Cc", message.cc), ("Reply-To", message.replyTo),
            ] {
                let read = try headers.mailboxes(name)
                #expect(read.map(\.address) == people.map(\.address), "\(place) \(name)")
                for (one, other) in zip(read, people) { same(one.name, other.name, "\(place) \(name)") }
            }
            for header in message.headers {
                same(headers.text(header.name), header.value.trimmed, "\(place)")
            }
        } catch { Issue.record("\(place): \(error)") }
        let isPlain = message.html == nil
        same(
            parsed.plainText?.asBody, isPlain ? (message.text ?? "").asBody : message.text?.asBody,
            "\(place) text")
        same(parsed.html?.asBody, message.html?.asBody, "\(place) html")
        let expected = order(of: message.attachments, hasHTML: message.html != nil)
        #expect(parsed.attachments.count == expected.count, "\(place)")
        for (read, file) in zip(parsed.attachments, expected) {
            same(read.filename, file.filename.isEmpty ? nil : file.filename, "\(place) file")
            #expect(read.isInline == file.isInline, "\(place)")
            if let identifier = file.contentID { #expect(read.contentID == identifier, "\(place)") }
            #expect(parsed.body(of: read.part) == file.bytes, "\(place) \(file.filename)")
        }
    }

    // MARK: Python

    private func check(_ reading: PythonParts, _ message: OutgoingMessage, _ place: String) {
        same(reading.subject, message.subject, "\(place) subject")
        for (read, people) in [
            (reading.from, message.from), (reading.to, message.to), (reading.cc, message.cc),
            (reading.replyTo, message.replyTo), (reading.sender, message.sender.map { [$0] } ?? []),
        ] {
            #expect(read.count == people.count, "\(place)")
            for (one, other) in zip(read, people) {
                // It leaves the space between two encoded-words of a name, and is free with other spaces.
                same(one.first?.withoutSpaces, (other.name ?? "").withoutSpaces, "\(place) name")
                same(one.last?.withoutQuotes, other.address.description.withoutQuotes, "\(place) address")
            }
        }
        // It finds no end of a local part that is quoted.
        if let old = reading.oldTo, !message.to.isEmpty,
            !message.to.contains(where: { $0.address.description.contains("\"") })
        {
            #expect(old.count == message.to.count, "\(place)")
            for (one, other) in zip(old, message.to) {
                same(one.first, other.name ?? "", "\(place) To, read in the old way")
            }
        }
        for (read, header) in zip(reading.custom, message.headers) {
            same(read.last, header.value.trimmed, "\(place) \(header.name)")
        }
        #expect(reading.custom.count == message.headers.count, "\(place)")
        let text = message.html == nil ? message.text ?? "" : message.text
        same(reading.text?.asBody, text?.asBody, "\(place) text")
        same(reading.html?.asBody, message.html?.asBody, "\(place) html")
        let files = reading.parts.filter { $0.disposition != nil }
        let expected = order(of: message.attachments, hasHTML: message.html != nil)
        #expect(files.count == expected.count, "\(place)")
        for (read, file) in zip(files, expected) {
            same(read.filename, file.filename.isEmpty ? nil : file.filename, "\(place) file")
            #expect(read.disposition == (file.isInline ? "inline" : "attachment"), "\(place)")
            if let identifier = file.contentID { #expect(read.cid == "<\(identifier)>", "\(place)") }
            #expect(read.content == Data(file.bytes).base64EncodedString(), "\(place) \(file.filename)")
            check(read, type: file, place)
        }
        // A header in UTF-8 is a defect to it.
        if reading.oldTo != nil { #expect(reading.defects.isEmpty, "\(place): \(reading.defects)") }
    }

    private func check(_ read: PythonParts.Part, type file: OutgoingMessage.Attachment, _ place: String) {
        guard let given = file.contentType else { return }
        let type = ParameterizedValue(parsing: given)
        let isComposite = ["multipart", "message"].contains(type.value.split(separator: "/").first ?? "")
        #expect(read.type == (isComposite ? "application/octet-stream" : type.value), "\(place)")
        #expect(read.encoding == "base64", "\(place)")
        if let charset = type["charset"] { #expect(read.charset == charset, "\(place)") }
        if let method = type["method"] { #expect(read.method == method, "\(place)") }
    }

    /// Attachments as they stand in the message: those that belong to the HTML come with it.
    private func order(
        of attachments: [OutgoingMessage.Attachment], hasHTML: Bool
    ) -> [OutgoingMessage.Attachment] {
        guard hasHTML else { return attachments }
        return attachments.filter(\.isInline) + attachments.filter { !$0.isInline }
    }

    /// Byte for byte: two texts that look alike are not the same.
    private func same(_ read: String?, _ expected: String?, _ place: String) {
        guard read.map({ Array($0.utf8) }) != expected.map({ Array($0.utf8) }) else { return }
        Issue.record("\(place): read \(read.debugDescription), not \(expected.debugDescription)")
    }
}

extension String {
    /// A body with one kind of line end, and without the one that a message ends with.
    fileprivate var asBody: String {
        var bytes = LineEndings.normalized(Array(utf8))
        while bytes.suffix(2) == [13, 10] { bytes.removeLast(2) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Without blanks around it, which no header keeps.
    fileprivate var trimmed: String { isASCII ? String(trimmingSpaces) : self }

    fileprivate var withoutSpaces: String {
        String(String.UnicodeScalarView(unicodeScalars.filter { !$0.properties.isWhitespace }))
    }

    /// It quotes fewer local parts than the grammar does.
    fileprivate var withoutQuotes: String { contains("..") ? replacing("\"", with: "") : self }
}
