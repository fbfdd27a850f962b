import FoundationEssentials
import Glibc

/// Python's `email` package: a reader that we did not write.
enum PythonReader {
    struct Reading: Decodable {
        let subject: String
        let from: [[String]]
        let to: [[String]]
        let text: String?
        let html: String?
        let files: [File]
        let oldFilenames: [String]
        /// Not counted for Content-Type, where an encoded-word stands in quotes for readers older than RFC
        /// 2231.
        let defects: Int
    }

    struct File: Decodable {
        let name: String
        let type: String
        let size: Int
    }

    private static let script = """
        import sys, json, email, email.policy, email.utils
        raw = sys.stdin.buffer.read()
        m = email.message_from_bytes(raw, policy=email.policy.default)
        old = email.message_from_bytes(raw)
        people = lambda n: [[a.display_name, a.addr_spec] for a in m[n].addresses]
        part = lambda k: (lambda b: b.get_content() if b else None)(m.get_body((k,)))
        files = [dict(name=p.get_filename() or '', type=p.get_content_type(),
                      size=len(p.get_payload(decode=True) or b''))
                 for p in m.walk() if p.get_filename()]
        names = [email.utils.collapse_rfc2231_value(p.get_filename()) for p in old.walk() if p.get_filename()]
        defects = sum(len(p.defects) + sum(len(getattr(v, 'defects', [])) for k, v in p.items()
                      if k != 'Content-Type') for p in m.walk())
        print(json.dumps(dict(subject=m['subject'], text=part('plain'), html=part('html'), files=files,
            oldFilenames=names, defects=defects, **{'from': people('from'), 'to': people('to')})))
        """

    /// Nil when there is no python3 here.
    static func read(_ message: [UInt8]) throws -> Reading? { try run(script, on: message) }

    /// What a script prints as JSON when it is given the bytes; nil when there is no python3 here.
    static func run<Result: Decodable>(_ script: String, on message: [UInt8]) throws -> Result? {
        guard system("python3 -c 'import email' 2>/dev/null") == 0 else { return nil }
        let folder = FileManager.default.temporaryDirectory.path
        let base = "\(folder)/dispatch-mime-\(getpid())-\(UUID().uuidString)"
        defer {
            unlink("\(base).py")
            unlink("\(base).eml")
            unlink("\(base).json")
        }
        try Data(script.utf8).write(to: URL(fileURLWithPath: "\(base).py"))
        try Data(message).write(to: URL(fileURLWithPath: "\(base).eml"))
        guard system("python3 '\(base).py' < '\(base).eml' > '\(base).json'") == 0 else { return nil }
        return try JSONDecoder().decode(
            Result.self, from: Data(contentsOf: URL(fileURLWithPath: "\(base).json")))
    }
}
