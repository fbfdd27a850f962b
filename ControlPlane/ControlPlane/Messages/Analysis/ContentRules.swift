import FoundationEssentials

extension AnalysisRule {
    /// What the message says, and how loudly.
    static let content = [
        AnalysisRule(.content, "invalid_template", .critical, 50, "Correct the template or its variables.") {
            $0.templateProblem
        },
        AnalysisRule(.content, "missing_subject", .critical, 50, "Give the message a subject.") {
            $0.subject.allSatisfy(\.isWhitespace) ? "There is no subject" : nil
        },
        AnalysisRule(.content, "missing_body", .critical, 50, "Give the message a body.") {
            $0.html == nil && $0.text == nil ? "There is neither HTML nor text" : nil
        },
        AnalysisRule(
            .content, "missing_text", .medium, 5,
            "Consider adding a text version for better deliverability."
        ) { $0.html != nil && $0.text == nil ? "No plain text version" : nil },
        AnalysisRule(
            .content, "image_only", .high, 20, "Say what the pictures say in text as well."
        ) { message in
            message.reading.imageCount > 0 && message.reading.text.count < minTextBesideImages
                ? "The HTML is pictures with hardly any text" : nil
        },
        AnalysisRule(
            .content, "low_text_ratio", .medium, 8, "Use less markup, or say more."
        ) { message in
            guard let html = message.html?.utf8.prefix(HTMLReading.maxBytes).count, html >= minBytesOfRatio
            else { return nil }
            let percent = message.reading.text.utf8.count * 100 / html
            return percent < minTextPercent ? "Only \(percent) % of the HTML is text" : nil
        },
        AnalysisRule(.content, "images_without_alt", .low, 2, "Describe pictures with `alt`.") { message in
            let count = message.reading.imagesWithoutAlt
            return count > 0 ? "\(count) pictures have no `alt`" : nil
        },
        AnalysisRule(.content, "too_short", .low, 2, "Say what the message is about.") { message in
            let hasBody = message.html != nil || message.text != nil
            return hasBody && message.visibleText.count < minCharacters && message.reading.imageCount == 0
                ? "Hardly any text" : nil
        },
        AnalysisRule(.content, "long_subject", .low, 2, "Keep the subject below 78 characters.") {
            $0.subject.count > maxSubjectCharacters ? "\($0.subject.count) characters in the subject" : nil
        },
        AnalysisRule(.content, "shouting_subject", .medium, 8, "Write the subject in small letters.") {
            isShouting($0.subject, letters: 10, percent: 70) ? "The subject is in capitals" : nil
        },
        AnalysisRule(.content, "shouting_text", .low, 4, "Write in small letters.") {
            isShouting($0.visibleText, letters: 60, percent: 40) ? "Much of the text is in capitals" : nil
        },
        AnalysisRule(.content, "excited_subject", .low, 3, "Do without marks of exclamation.") { message in
            let count = message.subject.count { $0 == "!" }
            let isLoud = count > 2 || ["!!", "$$", "???"].contains { message.subject.contains($0) }
            return isLoud ? "The subject is full of punctuation" : nil
        },
        AnalysisRule(
            .content, "false_reply", .medium, 8, "Begin the subject with Re: or Fwd: only when it is one."
        ) { message in
            let subject = message.subject.lowercased()
            let isReply = ["re:", "fw:", "fwd:"].contains { subject.hasPrefix($0) }
            return isReply && message.header("In-Reply-To") == nil && message.header("References") == nil
                ? "The subject looks like an answer to nothing" : nil
        },
        AnalysisRule(.content, "spam_phrases", .low, 4, "Find other words for these phrases.") { message in
            let found = phrases(in: message)
            return (1..<manyPhrases).contains(found.count) ? told(found) : nil
        },
        AnalysisRule(.content, "many_spam_phrases", .high, 15, "Find other words for these phrases.") {
            let found = phrases(in: $0)
            return found.count >= manyPhrases ? told(found) : nil
        },
        AnalysisRule(
            .content, "unfilled_placeholder", .high, 15, "Give `template_data` for the placeholders."
        ) { message in
            [message.subject, message.html ?? "", message.text ?? ""].contains { isUnfilled($0) }
                ? "A placeholder was not filled in" : nil
        },
        AnalysisRule(.content, "active_content", .high, 20, "Leave out scripts, frames and plug-ins.") {
            let found = $0.reading.elements.intersection(["script", "iframe", "object", "embed", "applet"])
            return found.isEmpty ? nil : "Mail programs remove " + found.sorted().joined(separator: ", ")
        },
        AnalysisRule(.content, "form", .medium, 8, "Link to a page with the form.") {
            $0.reading.elements.contains("form") ? "Mail programs warn of forms" : nil
        },
    ]

    private static let minTextBesideImages = 20
    private static let minBytesOfRatio = 5_000
    private static let minTextPercent = 10
    private static let minCharacters = 10
    private static let maxSubjectCharacters = 78
    private static let manyPhrases = 3

    /// In lower case.
    private static let spamPhrases = [
        "100% free", "act now", "be your own boss", "buy direct", "cash bonus", "cheap meds",
        "click here now", "congratulations you won", "double your", "earn extra cash", "eliminate debt",
        "extra income", "fast cash", "financial freedom", "free money", "get rich", "guaranteed income",
        "increase your sales", "limited time only", "lose weight fast", "lowest price", "make money",
        "miracle cure", "no credit check", "no strings attached", "no obligation", "once in a lifetime",
        "order now", "pre-approved", "risk-free", "risk free", "satisfaction guaranteed", "this is not spam",
        "urgent response", "while supplies last", "winner selected", "work from home", "you are a winner",
        "you have been selected", "your account will be suspended",
    ]

    private static func phrases(in message: AnalyzedMessage) -> [String] {
        let text = "\(message.subject)\n\(message.reading.text)\n\(message.readText)".lowercased()
        return spamPhrases.filter { text.contains($0) }
    }

    private static func told(_ phrases: [String]) -> String {
        "Phrases of spam: " + phrases.joined(separator: ", ")
    }

    private static func isShouting(_ text: String, letters least: Int, percent: Int) -> Bool {
        let letters = text.filter(\.isLetter)
        // Scripts without capitals shout by other means.
        return letters.count >= least && letters.count { $0.isUppercase } * 100 > letters.count * percent
    }

    private static func isUnfilled(_ text: String) -> Bool {
        guard let open = text.firstRange(of: "{{") else { return false }
        return text[open.upperBound...].contains("}}")
    }
}
