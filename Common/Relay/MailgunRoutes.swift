import HTTP
import NodeProtocol

/// The sending routes of the alias of Mailgun's API: a node answers them, the control plane passes them on.
package enum MailgunRoutes {
    package static let path = "/v3/{domain}/messages"
    package static let maxRecipients = 1_000

    package static let send = RouteInfo(
        summary: "Send a message as Mailgun does",
        details:
            "`{domain}` is a verified domain of the tenant. With `recipient-variables` each address of `to`, "
            + "at most \(maxRecipients), gets a message of its own, in which `%recipient.name%` is filled "
            + "in; all have one Message-ID, which is the `id` of the answer, and each takes one from the "
            + "rate: more than it has left are 429, and nobody gets anything. Name and password are `api` "
            + "and the key.",
        tag: "Mailgun", scope: "emails:send", parameters: [SendRoutes.idempotencyKey], requestSchema: message,
        requestContentTypes: ["application/x-www-form-urlencoded", "multipart/form-data"],
        responses: responses)

    package static let sendMIME = RouteInfo(
        summary: "Send a finished message as Mailgun does",
        details: "`to`, `cc` and `bcc` are the envelope; whom the message names does not matter.",
        tag: "Mailgun", scope: "emails:send", parameters: [SendRoutes.idempotencyKey],
        requestSchema: .object([
            "to": Schema.string.required.example("recipient@example.com").described(
                "A list, also by repeated fields."),
            "cc": .string.described("As `to`: further recipients."), "bcc": .string,
            "message": Schema.string.required.described("The message, as a file or a field.").example(
                .string("From: hello@yourdomain.com\r\nSubject: Hello\r\n\r\nPlain text body\r\n")),
        ]),
        requestContentTypes: ["application/x-www-form-urlencoded", "multipart/form-data"],
        responses: responses)

    private static let responses =
        [
            .init(200, "On disk and queued.", queued),
            .init(404, "The domain is none of the tenant's.", codes: ["domain_not_found"]),
            .init(415, "The body is no form.", codes: ["unsupported_media_type"]),
        ] + SendRoutes.refusals

    private static let queued = Schema.record([
        "id": .string.example("<01a1fec8-d128-73fa-8000-76fc1c81d3be@yourdomain.com>"),
        "message": .string.example("Queued. Thank you."),
        "refused": Schema.array(
            .record([
                "recipient": .string.example("gone@example.com"),
                "code": .string.example("recipient_suppressed"),
                "message": .string.example("every recipient is on the suppression list"),
            ])
        ).optional.described("With `recipient-variables`: who gets nothing, and why."),
    ]).named("MailgunQueued")

    private static let message = Schema.object([
        "from": .string.required.example("Jane <hello@yourdomain.com>"),
        "to": .string.required.example("recipient@example.com").described("A list, or repeated."),
        "cc": .string, "bcc": .string, "subject": .string.example("Hello"),
        "text": .string.example("Plain text body").described("This, `html` or `template` is required."),
        "html": .string, "attachment": .binary, "inline": .binary.described("Its name is its content id."),
        "template": .string.described("UUID or slug of a template."),
        "t:variables": .string.described("A JSON object."),
        "recipient-variables": .string.described("A JSON object: by address, an object of values."),
        "o:tag": .string.example("welcome"), "o:deliverytime": .string, "o:testmode": .choice("yes", "no"),
        "o:tracking": .choice("yes", "no", "htmlonly"), "o:tracking-opens": .choice("yes", "no"),
        "o:tracking-clicks": .choice("yes", "no", "htmlonly"), "o:require-tls": .choice("yes", "no"),
        "o:stream": .choice(MessageRules.streams),
        "h:Reply-To": .string.example("support@yourdomain.com").described("`h:` and any header's name."),
        "v:order": .string.example("4711").described("`v:` and any name of metadata."),
    ]).named("MailgunMessage")
}
