/// The page for people: newest first, no scripts, everything that came from outside escaped.
enum CatcherPage {
    private static let maxRows = 200

    static func html(messages: [CaughtMessage], webhooks: [CaughtWebhook]) -> String {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail catcher</title><style>
        body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1d2430}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #dde2ea;vertical-align:top}
        td.n{text-align:right;font-variant-numeric:tabular-nums}a{color:#1456b8}
        td{overflow-wrap:anywhere}h2{margin-top:2.5rem}
        </style></head><body><h1>Mail catcher</h1>
        <h2>Messages (\(messages.count))</h2>\(messageTable(messages))
        <h2>Webhooks (\(webhooks.count))</h2>\(webhookTable(webhooks))
        <p>As JSON: <a href="/messages">/messages</a>, <a href="/webhooks">/webhooks</a>.</p></body></html>
        """
    }

    private static func messageTable(_ messages: [CaughtMessage]) -> String {
        let rows = messages.suffix(maxRows).reversed().map { message in
            let summary = message.summary
            return row([
                ("n", "<a href=\"/messages/\(summary.n)\">\(summary.n)</a>"),
                ("", escaped(summary.received_at)),
                ("", escaped(summary.from)), ("", escaped(summary.to.joined(separator: ", "))),
                ("", escaped(summary.subject)), ("n", "\(summary.size)"),
                ("", escaped(summary.tls ?? "none")),
                ("", "<a href=\"/messages/\(summary.n)/raw\">raw</a>"),
            ])
        }
        return table(["n", "received", "from", "to", "subject", "bytes", "TLS", ""], rows)
    }

    private static func webhookTable(_ webhooks: [CaughtWebhook]) -> String {
        let rows = webhooks.suffix(maxRows).reversed().map { webhook in
            row([
                ("n", "\(webhook.number)"), ("", escaped(webhook.receivedAt.rfc3339)),
                ("", escaped(webhook.name)),
                ("", "\(webhook.answered)"),
                ("", escaped(String(decoding: webhook.body.prefix(300), as: UTF8.self))),
            ])
        }
        return table(["n", "received", "name", "answered", "body"], rows)
    }

    private static func table(_ titles: [String], _ rows: [String]) -> String {
        guard !rows.isEmpty else { return "<p>None yet.</p>" }
        let head = titles.map { "<th>\($0)</th>" }.joined()
        return "<table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table>"
    }

    private static func row(_ cells: [(style: String, html: String)]) -> String {
        "<tr>" + cells.map { "<td class=\"\($0.style)\">\($0.html)</td>" }.joined() + "</tr>"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
