import HTTP

/// Tells programs that open images and follow links on somebody's behalf from people, by what they say of
/// themselves: image proxies of mailbox providers, scanners of mail gateways, previews, bots.
///
/// The rules are data and each has a name, which the event carries. They err on the side of people: a scanner
/// that calls itself a browser passes.
enum MachineReaders {
    /// A text in the name of a client, in lower case, and the rule that it stands for.
    struct Rule: Sendable {
        let text: String
        let name: String

        init(_ text: String, _ name: String) {
            self.text = text
            self.name = name
        }
    }

    /// The first that fits counts.
    static let rules: [Rule] = [
        // Image proxies of mailbox providers: they fetch for a reader, when they like.
        Rule("googleimageproxy", "google_image_proxy"), Rule("ggpht.com", "google_image_proxy"),
        Rule("yahoomailproxy", "yahoo_mail_proxy"), Rule("yahoocachesystem", "yahoo_mail_proxy"),
        Rule("outlookimageproxy", "outlook_image_proxy"),
        Rule("duckduckgo-image-proxy", "image_proxy"), Rule("imageproxy", "image_proxy"),
        Rule("image proxy", "image_proxy"), Rule("imgproxy", "image_proxy"),
        // Scanners of mail gateways.
        Rule("safelinks", "outlook_safelinks"), Rule("microsoft-atp", "outlook_safelinks"),
        Rule("barracuda", "barracuda"), Rule("mimecast", "mimecast"), Rule("proofpoint", "proofpoint"),
        Rule("urldefense", "proofpoint"), Rule("trendmicro", "mail_scanner"),
        Rule("trend micro", "mail_scanner"), Rule("forcepoint", "mail_scanner"),
        Rule("messagelabs", "mail_scanner"), Rule("symantec", "mail_scanner"),
        Rule("fireeye", "mail_scanner"), Rule("zscaler", "mail_scanner"), Rule("sophos", "mail_scanner"),
        Rule("ironport", "mail_scanner"), Rule("virustotal", "mail_scanner"),
        Rule("scanner", "mail_scanner"),
        // Previews in conversations.
        Rule("facebookexternalhit", "link_preview"), Rule("whatsapp/", "link_preview"),
        Rule("preview", "link_preview"), Rule("embedly", "link_preview"),
        // Programs that say so, and libraries of programs.
        Rule("crawler", "bot"), Rule("spider", "bot"), Rule("bot", "bot"), Rule("headlesschrome", "bot"),
        Rule("phantomjs", "bot"), Rule("feedfetcher", "bot"), Rule("monitoring", "bot"),
        Rule("curl/", "http_library"), Rule("wget/", "http_library"),
        Rule("python-requests", "http_library"), Rule("python-urllib", "http_library"),
        Rule("python-httpx", "http_library"), Rule("aiohttp", "http_library"),
        Rule("go-http-client", "http_library"), Rule("libwww-perl", "http_library"),
        Rule("apache-httpclient", "http_library"), Rule("java/", "http_library"),
        Rule("node-fetch", "http_library"), Rule("axios/", "http_library"),
        Rule("guzzlehttp", "http_library"), Rule("okhttp", "http_library"),
    ]

    /// Telephones whose names hold the text of a rule.
    private static let people = ["cubot"]

    /// Names of programs that are these words and nothing behind them.
    private static let whole = ["mozilla/5.0": "apple_mail_privacy"]

    /// The rule that takes the sender of a request for a machine; nil for a person.
    static func reason(_ request: HTTPRequest) -> String? {
        if request.method == .head { return "head_request" }
        for name in ["sec-purpose", "purpose", "x-purpose", "x-moz"] {
            let purpose = request.headers[name]?.lowercased() ?? ""
            if purpose.hasPrefix("prefetch") || purpose.hasPrefix("preview") { return "prefetch" }
        }
        return reason(userAgent: request.headers["user-agent"] ?? "")
    }

    static func reason(userAgent: String) -> String? {
        var name = userAgent.lowercased()[...]
        while name.last == " " { name.removeLast() }
        guard !name.isEmpty else { return "no_user_agent" }
        if let reason = whole[String(name)] { return reason }
        if people.contains(where: { name.contains($0) }) { return nil }
        return rules.first { name.contains($0.text) }?.name
    }
}
