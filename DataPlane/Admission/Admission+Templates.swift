import MailFormat
import NodeProtocol
import Templates

extension Admission {
    /// Subject and bodies as they are sent, made by a template or a frame where one is used. A part of no
    /// characters counts as not given, wherever it comes from.
    ///
    /// - Throws: `.missing` when neither text nor HTML is left; as `filledIn`.
    func parts(
        of composed: Submission.Composed, tenant: TenantRecord, masterTemplate: String?,
        knowsUnsubscribe: Bool
    ) throws(Refusal) -> MessageTemplate.Filled {
        var made = MessageTemplate.Filled(
            subject: composed.subject, html: composed.html, text: composed.text)
        made.dropEmptyParts()
        if composed.isFilledIn {
            try fillIn(
                &made, of: composed, tenant: tenant, masterTemplate: masterTemplate,
                knowsUnsubscribe: knowsUnsubscribe)
            made.dropEmptyParts()
        } else if !composed.variables.isEmpty {
            throw Refusal(
                .invalid, "variables are for a template, and none is used", field: composed.variablesField)
        }
        guard made.text != nil || made.html != nil else {
            throw Refusal(
                .missing, "one of \(composed.textField) and \(composed.htmlField) is required",
                field: composed.htmlField)
        }
        return made
    }

    /// Puts what a template and a frame make in the place of what was given.
    ///
    /// A template gives subject and both bodies in place of the caller's. The tenant's own frame comes before
    /// the service's, and that before the built-in one.
    ///
    /// - Parameters:
    ///   - parts: as they were given.
    ///   - masterTemplate: the service's frame.
    ///   - knowsUnsubscribe: whether there is a link for the variable `unsubscribe_url`, which the caller may
    ///     give as well.
    /// - Throws: `.templateNotFound`, `.missingVariable` and `.invalidVariable` naming the variable.
    private func fillIn(
        _ parts: inout MessageTemplate.Filled, of composed: Submission.Composed,
        tenant: TenantRecord, masterTemplate: String?, knowsUnsubscribe: Bool
    ) throws(Refusal) {
        let reader = composed.templates ?? TemplateReader()
        let field = composed.variablesField
        var variables = composed.variables
        if knowsUnsubscribe, variables["unsubscribe_url"] == nil {
            // Filled in for each recipient when its copy is made.
            variables["unsubscribe_url"] = .text(LinkWishes.unsubscribePlaceholder)
        }
        if let use = composed.template {
            let template = try read(use, reader, tenant)
            do { parts = try template.render(variables) } catch { throw Refusal(error, field) }
            if !use.fillsSubject, let subject = use.subject { parts.subject = subject }
        } else if composed.fillsPlaceholders {
            let template = try read(parts, of: composed, reader)
            do { parts = try template.render(variables) } catch { throw Refusal(error, field) }
        }
        guard composed.usesMasterTemplate else { return }
        guard let html = parts.html else {
            throw Refusal(
                .missing, "a master template needs \(composed.htmlField) to stand around",
                field: composed.htmlField)
        }
        let frame: MasterTemplate
        do {
            frame = try reader.frame(tenant.masterTemplate ?? masterTemplate ?? MasterTemplate.builtIn)
        } catch {
            throw Refusal(
                .invalid, "the master template cannot be read: \(error)", field: "use_master_template")
        }
        do { parts.html = try frame.wrap(html, subject: parts.subject, variables: variables) } catch {
            throw Refusal(error, field)
        }
    }

    /// The template that subject and bodies are themselves.
    private func read(
        _ parts: MessageTemplate.Filled, of composed: Submission.Composed, _ reader: TemplateReader
    ) throws(Refusal) -> MessageTemplate {
        do {
            return try reader.template(subject: parts.subject, html: parts.html, text: parts.text)
        } catch {
            let field =
                switch error.part {
                case .subject: "subject"
                case .html: composed.htmlField
                case .text: composed.textField
                }
            throw Refusal(.invalid, "\(error.error)", field: field)
        }
    }

    private func read(
        _ use: Submission.TemplateUse, _ reader: TemplateReader, _ tenant: TenantRecord
    ) throws(Refusal) -> MessageTemplate {
        guard let stored = tenant.template(use.name) else {
            throw Refusal(.templateNotFound, "there is no such template", field: use.field)
        }
        do {
            let subject = use.fillsSubject ? use.subject : nil
            return try reader.template(
                subject: subject ?? stored.subject, html: stored.html, text: stored.text)
        } catch {
            if use.fillsSubject, use.subject != nil, error.part == .subject {
                throw Refusal(.invalid, "\(error.error)", field: "subject")
            }
            throw Refusal(
                .invalid, "the template's \(error.part.rawValue) cannot be read: \(error.error)",
                field: use.field)
        }
    }
}

extension MessageTemplate.Filled {
    fileprivate mutating func dropEmptyParts() {
        if text?.isEmpty == true { text = nil }
        if html?.isEmpty == true { html = nil }
    }
}

extension Refusal {
    /// - Parameter field: what the dialect calls the variables.
    fileprivate init(_ error: TemplateRenderError, _ field: String) {
        let code: Code = if case .missing = error { .missingVariable } else { .invalidVariable }
        self.init(code, "\(error)", field: error.variable.map { "\(field).\($0)" } ?? field)
    }
}
