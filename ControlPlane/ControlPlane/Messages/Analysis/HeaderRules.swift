import MailFormat
import Relay

extension AnalysisRule {
    /// What the header says, or leaves out.
    static let headers = [
        AnalysisRule(
            .headers, "header_not_allowed", .critical, 50, "Leave out headers that the service sets itself."
        ) { message in
            let headers = (message.body.headers ?? [:]).headersByName
            if headers.contains(where: { !HeaderField.isValidName($0.name) }) {
                return "The name of a header is malformed"
            }
            if let broken = headers.first(where: { $0.value.utf8.contains { [0, 0x0A, 0x0D].contains($0) } })
            {
                return "The header \(broken.name) holds a line end"
            }
            return HeaderPolicy.offendingName(in: headers).map { "The header \($0) may not be set" }
        },
        AnalysisRule(
            .headers, "missing_list_unsubscribe", .high, 15,
            "Leave tracking on, or set List-Unsubscribe, so that readers can leave by one click."
        ) { message in
            message.isBulk && !message.body.tracksOpens && !message.body.tracksClicks
                && message.header("List-Unsubscribe") == nil
                ? "Bulk mail without List-Unsubscribe" : nil
        },
        AnalysisRule(
            .headers, "missing_reply_to", .low, 2, "Say with `reply_to` who reads answers to bulk mail."
        ) { message in
            message.isBulk && message.body.reply_to == nil && message.header("Reply-To") == nil
                ? "Bulk mail without Reply-To" : nil
        },
        AnalysisRule(
            .headers, "high_priority", .low, 3, "Leave it to readers what is urgent."
        ) { message in
            let priority = message.header("X-Priority")?.first
            let isHigh =
                message.header("Importance")?.lowercased() == "high" || priority == "1" || priority == "2"
            return isHigh ? "The message says that it is urgent" : nil
        },
    ]
}
