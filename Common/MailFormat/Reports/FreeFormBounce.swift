/// Reads bounces that are written for people alone: qmail, Exim, Exchange and Notes of old, Gmail, Yahoo,
/// Postfix without its machine-readable part, and what resembles them.
///
/// A text counts as a bounce when it has one of the sentences by which mail servers introduce one, or a mail
/// daemon sent it under a subject that they use. Recipients are the addresses at the beginnings of lines, or
/// behind words such as "delivered to:"; an address inside a sentence is none, because the sender's stands
/// there too. What cannot be found stays empty; whose token came with the report may still know it.
/// Limits: the first 64 KiB and 1,000 lines of the text, 100 recipients.
enum FreeFormBounce {
    static let maxTextBytes = 65_536
    static let maxLines = 1_000
    /// Servers say what a text is at its beginning.
    static let maxIntroductionBytes = 8_192

    static func read(_ message: ParsedMessage) -> DeliveryStatusReport? {
        let text = Array(readableText(message).utf8.prefix(maxTextBytes))
        let lines = lines(of: text)
        let copy = copy(in: lines)
        let report = lines[..<(copy?.line ?? lines.endIndex)]
        guard isBounce(message, report) else { return nil }
        let original = original(message, text, from: copy?.start)
        // Some write the fields for machines into the text.
        if let start = report.firstIndex(where: { $0.starts(with: "Final-Recipient:".utf8) }) {
            let block = report[..<start].lastIndex { $0.isEmpty }.map { $0 + 1 } ?? start
            let fields = ReportFields(Array(report[block...].joined(separator: [.lineFeed])))
            if let read = DeliveryStatusReport(fields: fields, original: original, isStandard: false) {
                return read
            }
        }
        let action = action(report)
        let finder = FreeFormRecipients(lines: Array(report), action: action)
        return DeliveryStatusReport(
            recipients: finder.read(failed: message.header("X-Failed-Recipients") ?? ""),
            reportingHost: nil, arrivalDate: nil, envelopeID: nil, original: original, isStandard: false)
    }

    /// The recipients that the text of a report names beside its fields.
    static func recipients(_ message: ParsedMessage) -> [DeliveryStatusReport.Recipient] {
        let lines = lines(of: Array((message.plainText ?? "").utf8.prefix(maxTextBytes)))
        let report = lines[..<(copy(in: lines)?.line ?? lines.endIndex)]
        guard !report.isEmpty else { return [] }
        return FreeFormRecipients(lines: Array(report), action: .failed).read(failed: "")
    }

    private static func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        text.split(separator: .lineFeed, maxSplits: maxLines, omittingEmptySubsequences: false)
            .prefix(maxLines).map { $0.last == .carriageReturn ? $0.dropLast() : $0 }
    }

    private static func readableText(_ message: ParsedMessage) -> String {
        if let plain = message.plainText { return plain }
        if let html = message.html { return HTMLText.plain(html) }
        // A boundary that never comes leaves all of it before the first part.
        return message.parts.count == 1 ? message.text(of: 0) : ""
    }

    /// The line where the report ends, and the byte where what came back begins.
    private static func copy(in lines: [ArraySlice<UInt8>]) -> (line: Int, start: Int)? {
        for (number, line) in lines.enumerated() where !line.isEmpty && line.count <= HeaderError.maxLineBytes
        {
            let text = PhraseList.normalized(String(decoding: line.prefix(100), as: UTF8.self))
            if number > 0, FreeFormPhrases.headerBeginnings.isPrefix(of: text) {
                return (number, line.startIndex)
            }
            let bare = Array(text.drop { $0 == .hyphen || $0 == .space || $0 == 0x7C })
            if FreeFormPhrases.markers.isPrefix(of: bare) { return (number, line.endIndex) }
        }
        return nil
    }

    private static func isBounce(_ message: ParsedMessage, _ report: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        let joined = report.joined(separator: [.lineFeed]).prefix(maxIntroductionBytes)
        let text = PhraseList.normalized(String(decoding: Array(joined), as: UTF8.self))
        let subject = PhraseList.normalized(message.header("Subject") ?? "")
        let isAnswer = FreeFormPhrases.answerSubjects.isPrefix(of: subject)
        let isDaemon = isDaemon(message)
        if FreeFormPhrases.introductions.isIn(text) { return isDaemon || !isAnswer }
        return isDaemon
            && (FreeFormPhrases.subjects.isIn(subject) || message.header("X-Failed-Recipients") != nil
                || FreeFormPhrases.failures.isIn(text))
    }

    private static func isDaemon(_ message: ParsedMessage) -> Bool {
        let from = PhraseList.normalized(message.header("From") ?? "")
        return FreeFormPhrases.daemons.isIn(from)
    }

    private static func action(_ report: ArraySlice<ArraySlice<UInt8>>) -> DeliveryStatusReport.Action {
        let joined = Array(report.joined(separator: [.lineFeed]))
        let text = PhraseList.normalized(String(decoding: joined, as: UTF8.self))
        if FreeFormPhrases.failures.isIn(text) { return .failed }
        if FreeFormPhrases.delays.isIn(text) { return .delayed }
        return FreeFormPhrases.successes.isIn(text) ? .delivered : .failed
    }

    /// The message that came back: a part of its own, or what stands in the text behind the marker.
    private static func original(
        _ message: ParsedMessage, _ text: [UInt8], from start: Int?
    ) -> ReportedMessage {
        let part = ReportedMessage(in: message)
        guard part == .none, let start else { return part }
        return ReportedMessage(
            Array(text[min(start, text.count)...].drop { $0 == .hyphen || $0 <= .space }))
    }
}
