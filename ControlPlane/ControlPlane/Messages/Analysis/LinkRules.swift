import HTTPClient

extension AnalysisRule {
    /// Where the message leads.
    static let links = [
        AnalysisRule(.links, "mismatched_link", .high, 20, "Let a link lead where its text says.") {
            message in
            message.links.first { isMismatched($0) }.map { link in
                "A link that reads \(link.text.prefix(80)) leads to \(link.url?.host ?? "")"
            }
        },
        AnalysisRule(.links, "ip_address", .high, 15, "Link to names, not to addresses.") { message in
            message.links.first { $0.url?.address != nil }.map { "A link leads to \($0.url?.host ?? "")" }
        },
        AnalysisRule(.links, "unsafe_scheme", .high, 20, "Link to pages of the web alone.") { message in
            let schemes = ["javascript:", "data:", "vbscript:", "file:"]
            return message.links.contains { link in
                schemes.contains { link.target.lowercased().hasPrefix($0) }
            } ? "A link runs a script or opens a file" : nil
        },
        AnalysisRule(.links, "shortener", .medium, 8, "Link to the page itself.") { message in
            message.links.first { link in link.url.map { shorteners.contains($0.host) } ?? false }
                .map { "\($0.url?.host ?? "") hides where the link leads" }
        },
        AnalysisRule(.links, "insecure_link", .low, 3, "Link by https.") { message in
            message.links.contains { $0.url?.isSecure == false } ? "A link goes by plain http" : nil
        },
        AnalysisRule(.links, "too_many_links", .medium, 5, "Lead to fewer places.") { message in
            message.links.count > maxLinks ? "\(message.links.count) links" : nil
        },
    ]

    private static let maxLinks = 30

    private static let shorteners: Set<String> = [
        "bit.ly", "bitly.com", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy",
        "rebrand.ly", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
    ]

    /// Whether the text is itself an address, of another host than the link's.
    private static func isMismatched(_ link: AnalyzedMessage.Link) -> Bool {
        guard let target = link.url?.host, let told = host(toldBy: link.text) else { return false }
        let (a, b) = (bare(target), bare(told))
        return a != b && !a.hasSuffix(".\(b)") && !b.hasSuffix(".\(a)")
    }

    /// The host of a text that reads like an address of the web.
    private static func host(toldBy text: String) -> String? {
        guard !text.contains(where: \.isWhitespace), !text.contains("@") else { return nil }
        let lowered = text.lowercased()
        if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") { return (try? HTTPURL(text))?.host }
        guard let host = (try? HTTPURL("https://\(text)"))?.host, let top = host.split(separator: ".").last,
            host.contains("."), top.count >= 2, top.allSatisfy(\.isLetter),
            lowered.hasPrefix("www.") || commonEndings.contains(String(top))
        else { return nil }
        return host
    }

    /// A word with a dot, such as `readme.md`, is a host only when it ends like one.
    private static let commonEndings: Set<String> = [
        "com", "net", "org", "io", "info", "biz", "edu", "gov", "co", "app", "dev", "shop", "online", "de",
        "uk",
        "eu", "fr", "es", "it", "nl", "pl", "ch", "at", "be", "se", "no", "dk", "fi", "ca", "us", "br", "in",
        "jp",
        "cn", "ru", "au", "example", "bank",
    ]

    private static func bare(_ host: String) -> String {
        host.hasPrefix("www.") ? String(host.dropFirst(4)) : host
    }
}
