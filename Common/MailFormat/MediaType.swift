/// Media types of common files.
package enum MediaType {
    private static let byExtension = [
        "txt": "text/plain", "html": "text/html", "htm": "text/html", "csv": "text/csv",
        "ics": "text/calendar",
        "vcf": "text/vcard", "md": "text/markdown", "xml": "application/xml", "json": "application/json",
        "pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip",
        "rtf": "application/rtf",
        "doc": "application/msword", "xls": "application/vnd.ms-excel",
        "ppt": "application/vnd.ms-powerpoint",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp",
        "svg": "image/svg+xml", "mp3": "audio/mpeg", "mp4": "video/mp4", "eml": "message/rfc822",
    ]

    /// By the ending of the name; `application/octet-stream` when it says nothing.
    package static func guessed(fromFilename filename: String) -> String {
        guard let dot = filename.utf8.lastIndex(of: .dot) else { return "application/octet-stream" }
        let ending = String(filename[filename.index(after: dot)...]).lowercased()
        return byExtension[ending] ?? "application/octet-stream"
    }
}
