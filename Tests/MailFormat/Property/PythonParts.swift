@testable import MailFormat

/// What Python's `email` package reads in many messages at once.
struct PythonParts: Decodable {
    struct Part: Decodable {
        let type: String
        let filename: String?
        let cid: String?
        let disposition: String?
        let charset: String?
        let method: String?
        let encoding: String
        /// Of the decoded bytes, in base64; of an attached message, its bytes as they stand.
        let content: String?
    }

    let subject: String
    let from: [[String]]
    let sender: [[String]]
    let replyTo: [[String]]
    let to: [[String]]
    let cc: [[String]]
    /// As the older half of the package reads it, which has no idea of UTF-8 in a header.
    let oldTo: [[String]]?
    let custom: [[String]]
    let parts: [Part]
    let text: String?
    let html: String?
    let defects: [String]

    private static let script = """
        import sys, json, base64, email, email.header, email.policy, email.utils
        raw = sys.stdin.buffer.read()
        exact = email.policy.SMTP.clone(refold_source='none', max_line_length=None)
        def clean(text):
            if text is None: return None
            return text.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
        def people(m, name):
            return [[clean(a.display_name), clean(a.addr_spec)] for a in m[name].addresses] if m[name] else []
        def old_people(m, name):
            read = lambda text: str(email.header.make_header(email.header.decode_header(text)))
            return [[read(n), a] for n, a in email.utils.getaddresses(m.get_all(name, []))]
        def content(part):
            if part.is_multipart():
                inner = part.get_payload(0).as_bytes(policy=exact)
                if part.get_content_type() != 'message/rfc822': return None
                return base64.b64encode(inner).decode()
            return base64.b64encode(part.get_payload(decode=True) or b'').decode()
        def walk(m):
            yield m
            if m.get_content_maintype() == 'multipart':
                for part in m.iter_parts(): yield from walk(part)
        def text(part):
            return part.get_payload(decode=True).decode('utf-8') if part is not None else None
        found = []
        at = 0
        while at < len(raw):
            size = int(raw[at:at + 8]); at += 8
            m = email.message_from_bytes(raw[at:at + size], policy=email.policy.default)
            raw_is_ascii = raw[at:at + size].isascii()
            old = email.message_from_bytes(raw[at:at + size]); at += size
            parts = []
            defects = []
            for p in walk(m):
                name = p['content-disposition'].params.get('filename') if p['content-disposition'] else None
                kind = p['content-type'].params if p['content-type'] else {}
                parts.append(dict(type=p.get_content_type(), filename=clean(name) if name else None,
                    cid=p['content-id'], disposition=p.get_content_disposition(),
                    charset=kind.get('charset'), method=kind.get('method'),
                    encoding=str(p.get('content-transfer-encoding', '7bit')), content=content(p)))
                defects += [repr(d) for d in p.defects]
                defects += [k + ': ' + repr(d) for k, v in p.items() if k.lower() != 'content-type'
                            for d in getattr(v, 'defects', [])]
            found.append(dict(subject=clean(str(m['subject'])),
                sender=[[clean(m['sender'].address.display_name), clean(m['sender'].address.addr_spec)]]
                    if m['sender'] else [],
                replyTo=people(m, 'reply-to'), to=people(m, 'to'), cc=people(m, 'cc'),
                custom=[[k, clean(str(v))] for k, v in m.items() if k.startswith('X-Prop-')],
                oldTo=old_people(old, 'to') if raw_is_ascii else None,
                parts=parts, defects=defects, text=text(m.get_body(('plain',))),
                html=text(m.get_body(('html',))), **{'from': people(m, 'from')}))
        print(json.dumps(found))
        """

    /// One for each message, in order; nil when there is no python3 here.
    static func read(_ messages: [[UInt8]]) throws -> [PythonParts]? {
        var all: [UInt8] = []
        for message in messages {
            let digits = String(message.count)
            all += Array((String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits).utf8)
            all += message
        }
        return try PythonReader.run(script, on: all)
    }
}
