import Admission
import Crypto
import Templates

/// What tells the messages of one request apart: a hash over what its author wrote, and the how-manieth of
/// those that are alike. Made again of the same request it is the same, whatever became of the others.
struct ItemName: Hashable, Sendable {
    private let name: KeyName

    init(likeness: [UInt8], occurrence: Int) {
        name = KeyName(Digest.sha256(likeness + Array("\n\(occurrence)".utf8))[...])
    }

    init(_ bytes: ArraySlice<UInt8>) { name = KeyName(bytes) }

    var bytes: [UInt8] { name.bytes }
}

extension Submission {
    /// A hash over the author's words. Times are left out: some are reckoned from the moment of the call.
    var likeness: [UInt8] {
        var text: [UInt8] = []
        func add(_ part: some Sequence<UInt8>) {
            let start = text.count
            text.append(contentsOf: part)
            text.append(contentsOf: "\n\(text.count - start)\n".utf8)
        }
        switch content {
        case .raw(let raw):
            add((raw.envelopeSender ?? "").utf8)
            for recipient in raw.recipients { add(recipient.utf8) }
            add(raw.message)
        case .again(let again):
            add(again.original.description.utf8)
            for list in [again.to, again.cc, again.bcc] { add(list.joined(separator: "\n").utf8) }
            add(again.message)
        case .composed(let message):
            for part in [message.from, message.subject, message.template?.name ?? ""] { add(part.utf8) }
            for list in [message.to, message.cc, message.bcc] { add(list.joined(separator: "\n").utf8) }
            add((message.text ?? "").utf8)
            add((message.html ?? "").utf8)
            // A Message-ID may be made anew at each attempt.
            for (name, value) in message.headers where name.lowercased() != "message-id" {
                add("\(name): \(value)".utf8)
            }
            for attachment in message.attachments {
                add(attachment.filename.utf8)
                add(attachment.bytes)
            }
            for (name, value) in message.variables.sorted(by: { $0.key < $1.key }) {
                add("\(name)=\(value.likeness)".utf8)
            }
        }
        return Digest.sha256(text)
    }
}

extension TemplateValue {
    fileprivate var likeness: String {
        switch self {
        case .null: "null"
        case .flag(let flag): String(flag)
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .text(let text), .markup(let text): text
        case .list(let list): list.map(\.likeness).joined(separator: "\n")
        case .object(let object):
            object.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.likeness)" }
                .joined(separator: "\n")
        }
    }
}
