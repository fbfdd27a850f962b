import Synchronization

/// Reads templates and keeps the last one of each kind: for a request whose messages are all made of the same
/// ones, which are read once for it and not once for each recipient.
///
/// What it gives is always the template of the sources that are asked for. It keeps no more than one template
/// and one frame, and lives no longer than the request.
package final class TemplateReader: Sendable {
    private struct Kept {
        var template: MessageTemplate?
        var frame: MasterTemplate?
    }

    private let kept = Mutex(Kept())

    package init() {}

    package func template(
        subject: String, html: String?, text: String?
    ) throws(MessageTemplate.Problem) -> MessageTemplate {
        let last = kept.withLock { $0.template }
        if let last, last.isMade(of: subject, html: html, text: text) { return last }
        let template = try MessageTemplate(subject: subject, html: html, text: text)
        kept.withLock { $0.template = template }
        return template
    }

    package func frame(_ source: String) throws(TemplateSyntaxError) -> MasterTemplate {
        let last = kept.withLock { $0.frame }
        if let last, last.source.isSame(as: source) { return last }
        let frame = try MasterTemplate(source)
        kept.withLock { $0.frame = frame }
        return frame
    }
}
