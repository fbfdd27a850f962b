import MailFormat
import NodeProtocol
import Templates

extension Admission {
    /// The message as it is sent, with its parts made by a template or a frame where one is used. A part of
    /// no characters counts as not given, wherever it comes from.
    ///
    /// - Throws: `.missing` when neither text nor HTML is left; as `filledIn`.
    func withBody(
        _ composed: Submission.Composed, tenant: TenantRecord, masterTemplate: String?,
        knowsUnsubscribe: Bool
    ) throws(Refusal) -> Submission.Composed {
        var given = composed
        given.dropEmptyParts()
        var made = try filledIn(
            given, tenant: tenant, masterTemplate: masterTemplate, knowsUnsubscribe: knowsUnsubscribe)
        made.dropEmptyParts()
        guard made.text != nil || made.html != nil else {
            throw Refusal(
                .missing, "one of \(composed.textField) and \(composed.htmlField) is required",
                field: composed.htmlField)
        }
        return made
    }

    /// The parts of a message that a template or a frame makes, made.
    ///
    /// A template gives subject and both bodies in place of the caller's. The tenant's own frame comes before
    /// the service's, and that before the built-in one.
    ///
    /// - Parameters:
    ///   - masterTemplate: the service's frame.
    ///   - knowsUnsubscribe: whether there is a link for the variable `unsubscribe_url`, which the caller may
    ///     give as well.
    /// - Throws: `.templateNotFound`, `.missingVariable` and `.invalidVariable` naming the variable.
    private func filledIn(
        _ composed: Submission.Composed, tenant: TenantRecord, masterTemplate: String?,
        knowsUnsubscribe: Bool
    ) throws(Refusal) -> Submission.Composed {
        guard composed.isFilledIn else {
            guard composed.variables.isEmpty else {
                throw Refusal(
                    .invalid, "variables are for a template, and none is used", field: composed.variablesField
                )
            }
            return composed
        }
        var composed = composed
        if knowsUnsubscribe, composed.variables["unsubscribe_url"] == nil {
            // Filled in for each recipient when its copy is made.
            composed.variables["unsubscribe_url"] = .text(LinkWishes.unsubscribePlaceholder)
        }
        var message = composed
        if let use = composed.template {
            let filled = try filledIn(use, composed, tenant)
            message.subject = use.fillsSubject ? filled.subject : use.subject ?? filled.subject
            message.html = filled.html
            message.text = filled.text
        } else if composed.fillsPlaceholders {
            let filled = try filledIn(composed)
            message.subject = filled.subject
            message.html = filled.html
            message.text = filled.text
        }
        guard message.usesMasterTemplate else { return message }
        guard let html = message.html else {
            throw Refusal(
                .missing, "a master template needs \(composed.htmlField) to stand around",
                field: composed.htmlField)
        }
        let source = tenant.masterTemplate ?? masterTemplate ?? MasterTemplate.builtIn
        let frame: MasterTemplate
        do { frame = try MasterTemplate(source) } catch {
            throw Refusal(
                .invalid, "the master template cannot be read: \(error)", field: "use_master_template")
        }
        do {
            message.html = try frame.wrap(html, subject: message.subject, variables: composed.variables)
        } catch { throw Refusal(error, composed) }
        return message
    }

    /// Subject and bodies that are templates themselves.
    private func filledIn(_ composed: Submission.Composed) throws(Refusal) -> MessageTemplate.Filled {
        let template: MessageTemplate
        do {
            template = try MessageTemplate(
                subject: composed.subject, html: composed.html, text: composed.text)
        } catch {
            let field =
                switch error.part {
                case .subject: "subject"
                case .html: composed.htmlField
                case .text: composed.textField
                }
            throw Refusal(.invalid, "\(error.error)", field: field)
        }
        do { return try template.render(composed.variables) } catch { throw Refusal(error, composed) }
    }

    private func filledIn(
        _ use: Submission.TemplateUse, _ composed: Submission.Composed, _ tenant: TenantRecord
    ) throws(Refusal) -> MessageTemplate.Filled {
        guard let stored = tenant.template(use.name) else {
            throw Refusal(.templateNotFound, "there is no such template", field: use.field)
        }
        let template: MessageTemplate
        do {
            let subject = use.fillsSubject ? use.subject : nil
            template = try MessageTemplate(
                subject: subject ?? stored.subject, html: stored.html, text: stored.text)
        } catch {
            if use.fillsSubject, use.subject != nil, error.part == .subject {
                throw Refusal(.invalid, "\(error.error)", field: "subject")
            }
            throw Refusal(
                .invalid, "the template's \(error.part.rawValue) cannot be read: \(error.error)",
                field: use.field)
        }
        do { return try template.render(composed.variables) } catch { throw Refusal(error, composed) }
    }
}

extension Submission.Composed {
    fileprivate mutating func dropEmptyParts() {
        if text?.isEmpty == true { text = nil }
        if html?.isEmpty == true { html = nil }
    }
}

extension Refusal {
    fileprivate init(_ error: TemplateRenderError, _ composed: Submission.Composed) {
        let code: Code = if case .missing = error { .missingVariable } else { .invalidVariable }
        self.init(
            code, "\(error)",
            field: error.variable.map { "\(composed.variablesField).\($0)" } ?? composed.variablesField)
    }
}
