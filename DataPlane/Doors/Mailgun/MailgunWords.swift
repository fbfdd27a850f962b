import Admission
import HTTP

/// Refusals in the words that clients of Mailgun know; the codes stay.
enum MailgunWords {
    static func reworded(_ error: APIError) -> APIError {
        var error = error
        switch (error.code, error.field ?? "") {
        case (Refusal.Code.missing.rawValue, let field) where ["from", "to", "message"].contains(field):
            error.message = "\(field) parameter is missing"
        case (Refusal.Code.missing.rawValue, "html"):
            error.message = "Need at least one of 'text', 'html' or 'template' parameters specified"
        case (Refusal.Code.invalid.rawValue, let field):
            let name = String(field.prefix { $0 != "[" })
            guard ["from", "to", "cc", "bcc"].contains(name), !error.message.hasPrefix("`") else { break }
            error.message = "'\(name)' parameter is not a valid address: \(error.message)"
        default: break
        }
        return error
    }
}
