import Relay

extension AnalysisRule {
    /// How large it is, and what hangs on it.
    static let size = [
        AnalysisRule(
            .size, "message_too_large", .critical, 50, "Link to large files in place of attaching them."
        ) { $0.sizeBytes > $0.limits.maxMessageBytes ? "\($0.sizeBytes) bytes" : nil },
        AnalysisRule(
            .size, "attachment_too_large", .critical, 50, "Link to large files in place of attaching them."
        ) { message in
            message.attachments.first { ($0.bytes ?? 0) > MessageBody.maxAttachmentBytes }
                .map { "\($0.filename.prefix(80)) exceeds 10 MB" }
        },
        AnalysisRule(.size, "too_many_attachments", .critical, 50, "Put the files into one archive.") {
            $0.attachments.count > MessageBody.maxAttachments ? "\($0.attachments.count) attachments" : nil
        },
        AnalysisRule(.size, "unreadable_attachment", .critical, 50, "Encode attachments as base64.") {
            message in
            message.attachments.first { $0.bytes == nil }.map { "\($0.filename.prefix(80)) is not base64" }
        },
        AnalysisRule(
            .size, "dangerous_attachment", .high, 25, "Link to programs in place of attaching them."
        ) { message in
            message.attachments.first { file in
                file.filename.split(separator: ".").last.map { dangerous.contains($0.lowercased()) } ?? false
            }.map { "Many hosts refuse files such as \($0.filename.prefix(80))" }
        },
        AnalysisRule(.size, "large_message", .medium, 8, "Link to large files in place of attaching them.") {
            $0.sizeBytes >= largeBytes && $0.sizeBytes <= $0.limits.maxMessageBytes
                ? "\($0.sizeBytes / 1_048_576) MB, where some hosts take 10" : nil
        },
        AnalysisRule(.size, "clipped", .medium, 8, "Keep the HTML below 102 KB.") { message in
            let bytes = message.html?.utf8.count ?? 0
            return bytes > clippedBytes ? "Gmail shows the first 102 KB of \(bytes / 1024)" : nil
        },
    ]

    /// With their encoding they come to 10 MB.
    private static let largeBytes = 7 * 1024 * 1024
    private static let clippedBytes = 102 * 1024

    private static let dangerous: Set<String> = [
        "ade", "adp", "apk", "appx", "bat", "cab", "chm", "cmd", "com", "cpl", "dll", "dmg", "exe", "hta",
        "ins", "iso", "isp", "jar", "js", "jse", "lib", "lnk", "mde", "msc", "msi", "msp", "mst", "nsh",
        "pif",
        "ps1", "scr", "sct", "shb", "sys", "vb", "vbe", "vbs", "vhd", "vxd", "wsc", "wsf", "wsh", "xll",
    ]
}
