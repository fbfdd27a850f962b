extension AnalysisRule {
    /// Who sends, and what DNS says of him by the latest check of his domain.
    static let sender = [
        AnalysisRule(
            .sender, "invalid_from_address", .critical, 50, "Give an address of your domain in `from`."
        ) { message in
            message.from == nil
                ? message.body.from == nil ? "There is no sender" : "The sender is not an address" : nil
        },
        AnalysisRule(
            .sender, "domain_not_verified", .critical, 50,
            "Verify the sender's domain before you send from it."
        ) { message in
            guard let from = message.from, !message.sender.isVerified else { return nil }
            return "\(from.address.domain) is not verified"
        },
        AnalysisRule(
            .sender, "domain_at_risk", .medium, 10,
            "Publish the domain's records again and have them checked."
        ) { $0.sender.isAtRisk ? "Records of the domain were missing when it was last checked" : nil },
        AnalysisRule(.sender, "missing_dkim", .high, 15, "Publish the domain's DKIM record.") {
            $0.sender.hasDKIM == false ? "The DKIM record is missing or differs" : nil
        },
        AnalysisRule(.sender, "missing_spf", .medium, 8, "Publish the domain's SPF record.") {
            $0.sender.hasSPF == false ? "The SPF record is missing or differs" : nil
        },
        AnalysisRule(
            .sender, "missing_dmarc", .medium, 8, "Publish a DMARC policy, if only `p=none`."
        ) { $0.sender.hasDMARC == false ? "There is no DMARC policy" : nil },
        AnalysisRule(
            .sender, "no_reply_address", .low, 2, "Let people answer: set `reply_to` or another sender."
        ) { message in
            let name = message.from?.address.localPart.lowercased().filter { $0 != "-" && $0 != "_" } ?? ""
            return ["noreply", "donotreply"].contains(name) && message.body.reply_to == nil
                ? "Nobody reads answers to the sender" : nil
        },
    ]

    /// Whom it is for.
    static let recipients = [
        AnalysisRule(
            .recipients, "invalid_to_address", .critical, 50, "Correct the addresses of the recipients."
        ) { message in
            if !message.brokenAddresses.isEmpty {
                return "Not an address: " + Set(message.brokenAddresses).sorted().joined(separator: ", ")
            }
            return message.to.isEmpty ? "There is no recipient in `to`" : nil
        },
        AnalysisRule(
            .recipients, "too_many_recipients", .critical, 50,
            "Send a batch with a message for each recipient."
        ) { message in
            let (count, most) = (message.recipients.count, message.limits.maxRecipients)
            return count > most ? "\(count) recipients, where \(most) are allowed" : nil
        },
        AnalysisRule(
            .recipients, "all_suppressed", .critical, 50,
            "Take the recipients off the suppression list, or leave them in peace."
        ) { message in
            let count = message.recipients.count
            return count > 0 && message.suppressedCount >= count
                ? "Every recipient is on the suppression list" : nil
        },
        AnalysisRule(
            .recipients, "some_suppressed", .low, 2, "Leave out who is on the suppression list."
        ) { message in
            (1..<max(1, message.recipients.count)).contains(message.suppressedCount)
                ? "\(message.suppressedCount) of the recipients are on the suppression list" : nil
        },
        AnalysisRule(
            .recipients, "recipients_see_each_other", .medium, 5,
            "Send a batch, so that each recipient gets a message of his own."
        ) { message in
            let seen = message.to.count + message.cc.count
            return seen > maxSeenRecipients ? "\(seen) recipients see each other's addresses" : nil
        },
    ]

    private static let maxSeenRecipients = 10
}
