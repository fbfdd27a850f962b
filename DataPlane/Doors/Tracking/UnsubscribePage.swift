import Crypto
import HTTP

/// The pages of the unsubscribe link: plain HTML that a screen reader reads and a policy without scripts
/// shows (WCAG 2.2: one heading, one button, the language named).
struct UnsubscribePage: Sendable {
    private static let style = """
        body{font:1.125rem/1.5 sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;\
        color:#1a1a1a;background:#fff}button{font:inherit;padding:.6rem 1.4rem;border:2px solid #1a4fb4;\
        border-radius:.4rem;color:#fff;background:#1a4fb4;cursor:pointer}
        """
    /// Nothing may be loaded, run, framed or sent elsewhere; the one style is named by its hash.
    private static let policy =
        "default-src 'none'; style-src 'sha256-\(Base64.encode(Digest.sha256(Array(style.utf8))))'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

    let words: UnsubscribeWords

    init(_ request: HTTPRequest) {
        words = UnsubscribeWords.preferred(by: request.headers["accept-language"])
    }

    /// Asks, and changes nothing: the button posts to the page's own address.
    func question(_ address: String) -> HTTPResponse {
        let button = """
            <form method="post"><button type="submit" name="List-Unsubscribe" value="One-Click">\
            \(Self.escaped(words.button))</button></form>
            """
        return page(words.title, said(words.question, of: address) + button, 200)
    }

    func done(_ address: String) -> HTTPResponse {
        page(words.doneTitle, said(words.done, of: address), 200)
    }

    var unknown: HTTPResponse { page(words.unknownTitle, "<p>\(Self.escaped(words.unknown))</p>", 404) }

    func failed(retryAfterSeconds: Int) -> HTTPResponse {
        page(words.failedTitle, "<p>\(Self.escaped(words.failed))</p>", 503)
            .header("Retry-After", retryAfterSeconds)
    }

    private func said(_ sentence: String, of address: String) -> String {
        let masked = "<strong>\(Self.escaped(Self.masked(address)))</strong>"
        let parts = sentence.split(separator: "{address}", omittingEmptySubsequences: false)
        return "<p>\(parts.map { Self.escaped(String($0)) }.joined(separator: masked))</p>"
    }

    private func page(_ title: String, _ content: String, _ status: HTTPStatus) -> HTTPResponse {
        let title = Self.escaped(title)
        let html = """
            <!DOCTYPE html><html lang="\(words.language)"><head><meta charset="utf-8">\
            <meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">\
            <title>\(title)</title><style>\(Self.style)</style></head>\
            <body><main><h1>\(title)</h1>\(content)</main></body></html>
            """
        var response = HTTPResponse.bytes(
            Array(html.utf8), contentType: "text/html; charset=utf-8", status: status)
        response.headers["Content-Security-Policy"] = Self.policy
        response.headers["Content-Language"] = words.language
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Robots-Tag"] = "noindex"
        return response.ofLink
    }

    /// `j***@example.com`: whoever has the mail knows whose it is, and whoever finds the link does not.
    static func masked(_ address: String) -> String {
        guard let at = address.lastIndex(of: "@"), let first = address.first, address.startIndex < at else {
            return "***"
        }
        return "\(first)***\(address[at...])"
    }

    static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}

extension HTTPResponse {
    /// As every answer to a link is: kept nowhere, and the link told to nobody.
    var ofLink: HTTPResponse {
        header("Cache-Control", "no-store").header("Referrer-Policy", "no-referrer")
    }
}
