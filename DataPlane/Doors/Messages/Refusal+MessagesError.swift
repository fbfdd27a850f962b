import Admission
import HTTP

extension Refusal {
    /// With the code of the Messages API where it has one; the status is that of every door.
    var messagesError: APIError {
        var error = apiError
        error.code = messagesCode ?? error.code
        return error
    }

    private var messagesCode: String? {
        // Such as `to` of `to[1]`.
        let place = field?.split(separator: "[").first.map(String.init)
        switch (code, place) {
        case (.invalid, "from"), (.missing, "from"): return "invalid_from_address"
        case (.invalid, "to"), (.missing, "to"), (.invalid, "cc"), (.invalid, "bcc"):
            return "invalid_to_address"
        case (.missing, "html"): return "missing_body"
        case (.templateNotFound, _), (.invalid, "template_id"): return "invalid_template"
        default: return nil
        }
    }
}
