/// Makes the copies of a message: one for each recipient, with the links that are its own.
///
/// The message is as its sender wrote it, and only what stands in its places changes. In a body, which is
/// quoted-printable where it has places, a link stands on lines of its own behind a soft line break, so that
/// no line passes 76 characters. The same links give the same bytes.
package struct MessageCopies: Sendable {
    /// The links of one recipient. Where one is nil the message stays as it is.
    package struct Links {
        package var open: String?
        package var unsubscribe: String?
        /// The link that tells of a click, by where it leads.
        package var click: (String) -> String?

        package init(open: String?, unsubscribe: String?, click: @escaping (String) -> String?) {
            self.open = open
            self.unsubscribe = unsubscribe
            self.click = click
        }
    }

    private struct Step: Sendable {
        let place: LinkPlace
        let target: String?
    }

    private static let lineEnd: [UInt8] = [.carriageReturn, .lineFeed]
    private static let softBreak: [UInt8] = [.equals, .carriageReturn, .lineFeed]
    /// What a link of ours has at most, about.
    private static let linkBytes = 512

    private let message: [UInt8]
    private let steps: [Step]

    /// Nil when the places are not those of this message.
    package init?(_ message: [UInt8], _ places: LinkPlaces) {
        guard let places = places.places(in: message.count) else { return nil }
        self.message = message
        steps = places.map { place in
            guard place.kind == .click else { return Step(place: place, target: nil) }
            return Step(
                place: place, target: LinkTarget.url(QuotedPrintable.decode(message[place.range])[...]))
        }
    }

    package func copy(_ links: Links) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(message.count + steps.count * Self.linkBytes)
        var index = 0
        for step in steps {
            guard let text = Self.text(step, links) else { continue }
            copy += message[index..<step.place.range.lowerBound]
            index = step.place.range.upperBound
            if step.place.kind == .listUnsubscribe {
                copy += Array(text.utf8)
            } else {
                append(text, before: index, to: &copy)
            }
        }
        copy += message[index...]
        if copy.last != .lineFeed { copy += Self.lineEnd }
        return copy
    }

    /// What stands in a place, before it is encoded.
    private static func text(_ step: Step, _ links: Links) -> String? {
        switch step.place.kind {
        case .pixel:
            links.open.map {
                #"<img src="\#($0)" width="1" height="1" alt="" style="display:block;border:0">"#
            }
        case .click: step.target.flatMap(links.click)
        case .unsubscribe: links.unsubscribe
        case .unsubscribeParagraph:
            links.unsubscribe.map {
                #"<p style="margin:16px 0;text-align:center;font-size:12px;color:#595959">"#
                    + #"<a href="\#($0)" style="color:#595959">Unsubscribe</a></p>"#
            }
        case .unsubscribeLine: links.unsubscribe.map { "\r\n\r\nUnsubscribe: \($0)\r\n" }
        case .listUnsubscribe:
            links.unsubscribe.map {
                "List-Unsubscribe: <\($0)>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
            }
        }
    }

    /// Soft breaks stand around it, but where a line ends anyhow.
    private func append(_ text: String, before next: Int, to copy: inout [UInt8]) {
        if copy.last != .lineFeed, !text.hasPrefix("\r\n") { copy += Self.softBreak }
        copy += QuotedPrintable.encode(Array(text.utf8))
        let rest = message[next...].prefix(3)
        guard !rest.isEmpty, rest.first != .carriageReturn, !rest.elementsEqual(Self.softBreak),
            copy.last != .lineFeed
        else { return }
        copy += Self.softBreak
    }
}
