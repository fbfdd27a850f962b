import Admission
import HTTP
import MailFormat
import Templates

/// A message as the fields of a form describe it: those that Mailgun's clients send, which the ingestion API
/// reads too.
///
/// | Fields | |
/// |---|---|
/// | `from`, `subject`, `text`, `html` | once each |
/// | `to`, `cc`, `bcc`, `o:tag` | repeated, and lists with commas |
/// | `h:Name`, `v:name` | a header, an entry of the metadata |
/// | `attachment`, `inline` | files; the name of an inline one is its content id |
/// | `o:…` | see `MailFormOptions` |
struct MailForm {
    static let names: Set<String> = [
        "from", "to", "cc", "bcc", "subject", "text", "html", "attachment", "inline",
    ]
    static let prefixes = ["h:", "v:"]

    let fields: FormFields

    /// - Parameter door: for the log.
    func submission(door: String) throws(APIError) -> Submission {
        let options = try MailFormOptions(fields)
        var composed = try composed()
        composed.requiresTLS = options.requiresTLS
        var submission = Submission(door: door, content: .composed(composed))
        options.apply(to: &submission)
        return submission
    }

    private func composed() throws(APIError) -> Submission.Composed {
        guard let from = try fields.only("from") else {
            throw APIError(400, Refusal.Code.missing.rawValue, "`from` is required.", field: "from")
        }
        return Submission.Composed(
            from: from, to: try fields.texts("to"), cc: try fields.texts("cc"), bcc: try fields.texts("bcc"),
            subject: try fields.only("subject") ?? "", text: try fields.only("text"),
            html: try fields.only("html"), headers: try fields.all(beginningWith: "h:"),
            attachments: try files("attachment") + inlineFiles())
    }

    private func files(_ name: String) -> [Submission.Composed.Attachment] {
        fields.form.all(name).map { field in
            let filename = field.filename.flatMap { $0.isEmpty ? nil : $0 } ?? "attachment"
            return Submission.Composed.Attachment(
                filename: filename, contentType: field.contentType, bytes: field.bytes)
        }
    }

    private func inlineFiles() throws(APIError) -> [Submission.Composed.Attachment] {
        var files = files("inline")
        for index in files.indices {
            guard ContentIdentifier.isValid(files[index].filename) else {
                throw FormFields.invalid("inline", "needs another file name: \(ContentIdentifier.rule)")
            }
            files[index].isInline = true
            files[index].contentID = files[index].filename
        }
        return files
    }
}
