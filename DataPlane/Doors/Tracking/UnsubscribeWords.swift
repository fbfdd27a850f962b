/// The words of the pages that readers see, in the languages that they are written in.
struct UnsubscribeWords: Sendable {
    /// A tag of RFC 5646, for the page's `lang`.
    let language: String
    let title: String
    /// `{address}` stands for the masked address.
    let question: String
    let button: String
    let done: String
    let doneTitle: String
    let unknown: String
    let unknownTitle: String
    let failed: String
    let failedTitle: String

    /// The first of the reader's languages that there is, by Accept-Language (RFC 9110 §12.5.4); English
    /// without one.
    static func preferred(by header: String?) -> UnsubscribeWords {
        var best: (words: UnsubscribeWords, weight: Double)?
        for range in (header ?? "").prefix(1_000).split(separator: ",").prefix(20) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            guard let tag = parts.first, let words = all.first(where: { $0.speaks(tag) }) else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
            if (weight ?? 1) > best?.weight ?? 0 { best = (words, weight ?? 1) }
        }
        return best?.words ?? english
    }

    private func speaks(_ tag: String) -> Bool { tag == language || tag.hasPrefix("\(language)-") }

    static let all = [english, german, french, spanish]

    static let english = UnsubscribeWords(
        language: "en", title: "Unsubscribe",
        question: "Do you want no more mail from this sender at {address}?", button: "Unsubscribe",
        done: "This sender sends no more mail to {address}.", doneTitle: "You are unsubscribed",
        unknown: "It may have been cut off on its way. Please use the link as it stands in the mail.",
        unknownTitle: "This link does not work",
        failed: "This did not work just now. Please try again in a minute.",
        failedTitle: "Please try again")

    private static let german = UnsubscribeWords(
        language: "de", title: "Abmelden",
        question: "Möchten Sie an {address} keine E-Mails dieses Absenders mehr erhalten?",
        button: "Abmelden", done: "Dieser Absender schickt keine E-Mails mehr an {address}.",
        doneTitle: "Sie sind abgemeldet",
        unknown: "Vielleicht wurde er unterwegs gekürzt. Bitte nutzen Sie den Link so, wie er in der E-Mail "
            + "steht.",
        unknownTitle: "Dieser Link funktioniert nicht",
        failed: "Das hat gerade nicht geklappt. Bitte versuchen Sie es in einer Minute noch einmal.",
        failedTitle: "Bitte noch einmal versuchen")

    private static let french = UnsubscribeWords(
        language: "fr", title: "Se désabonner",
        question: "Souhaitez-vous ne plus recevoir de courriels de cet expéditeur à {address} ?",
        button: "Se désabonner", done: "Cet expéditeur n’enverra plus de courriels à {address}.",
        doneTitle: "Vous êtes désabonné",
        unknown: "Il a peut-être été coupé. Utilisez le lien tel qu’il figure dans le courriel.",
        unknownTitle: "Ce lien ne fonctionne pas",
        failed: "Cela n’a pas fonctionné. Veuillez réessayer dans une minute.",
        failedTitle: "Veuillez réessayer")

    private static let spanish = UnsubscribeWords(
        language: "es", title: "Cancelar la suscripción",
        question: "¿Quiere dejar de recibir correos de este remitente en {address}?",
        button: "Cancelar la suscripción", done: "Este remitente ya no enviará correos a {address}.",
        doneTitle: "Su suscripción está cancelada",
        unknown: "Puede que se haya cortado. Use el enlace tal como aparece en el correo.",
        unknownTitle: "Este enlace no funciona",
        failed: "No ha funcionado. Inténtelo de nuevo dentro de un minuto.",
        failedTitle: "Inténtelo de nuevo")
}
