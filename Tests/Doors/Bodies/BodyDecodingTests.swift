import Admission
import Relay
import TestSupport
import Testing

@testable import Doors
@testable import HTTP

/// The same type without a table: decoded by the decoder that records what is asked for.
private struct Recorded<Value: Decodable>: Decodable {
    let value: Value

    init(from decoder: any Decoder) throws { value = try Value(from: decoder) }
}

/// The fast way through a body and the one that explains what is wrong with it: the same values, the same
/// refusals.
@Suite struct BodyDecodingTests {
    private static let message: [(String, MadeBody.Kind)] = [
        ("from", .text), ("to", .addresses), ("cc", .addresses), ("bcc", .addresses),
        ("reply_to", .addresses), ("subject", .text), ("html", .text), ("text", .text), ("headers", .pairs),
        ("attachments", .attachments), ("template_id", .text), ("template_data", .variables),
        ("tags", .texts), ("metadata", .pairs), ("tracking", .tracking), ("scheduled_at", .time),
        ("optimize_send_time", .flag), ("stream", .text),
    ]
    private static let ingest = message.filter {
        !["reply_to", "template_id", "template_data", "optimize_send_time"].contains($0.0)
    }
    private static let tenants: [(String, MadeBody.Kind)] =
        ingest.filter { !["text", "html"].contains($0.0) } + [
            ("reply_to", .addresses), ("html_body", .text), ("text_body", .text), ("template_id", .text),
            ("template_variables", .variables), ("use_master_template", .flag),
        ]
    private static let emails: [(String, MadeBody.Kind)] =
        ingest.filter { !["tags", "tracking"].contains($0.0) } + [
            ("from_", .text), ("reply_to", .addresses), ("template_id", .text), ("template_vars", .variables),
            ("domain_id", .text), ("tags", .tags), ("track_opens", .flag), ("track_clicks", .flag),
            ("enable_unsubscribe", .flag),
        ]

    @Test(arguments: [0, 3, 12])
    func `a message of each dialect is the same in either way`(faults: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var made = MadeBody(seed: seed, faults: faults)
        var sound = 0
        for _ in 0..<250 {
            sound += compare(MessageBody.self, Self.message, [], &made, seed)
            sound += compare(IngestRequest.self, Self.ingest, ["from"], &made, seed)
            sound += compare(SendRequest.self, Self.tenants, ["from", "to"], &made, seed)
            sound += compare(EmailRequest.self, Self.emails, ["to"], &made, seed)
        }
        #expect(sound > (faults == 0 ? 400 : 50), "seed \(seed)")
    }

    /// - Returns: 1 when it was sound.
    private func compare<Value: TabledFields>(
        _ type: Value.Type, _ fields: [(String, MadeBody.Kind)], _ required: Set<String>,
        _ made: inout MadeBody, _ seed: UInt64
    ) -> Int {
        let body = made.bytes(of: made.object(fields, required: required))
        let tabled = Result { () throws(APIError) in
            canonical(try StrictDecoding.decode(type, from: body))
        }
        let recorded = Result { () throws(APIError) in
            canonical(try StrictDecoding.decode(Recorded<Value>.self, from: body).value)
        }
        expectSame(tabled, recorded, body, seed)
        return (try? StrictDecoding.decodeIfSound(type, from: body)) == nil ? 0 : 1
    }

    private func expectSame(
        _ one: Result<String, APIError>, _ other: Result<String, APIError>, _ body: [UInt8], _ seed: UInt64
    ) {
        let text = String(decoding: body, as: UTF8.self)
        #expect(words(one) == words(other), "seed \(seed): \(text)")
    }

    private func words(_ result: Result<String, APIError>) -> String {
        switch result {
        case .success(let value): return value
        case .failure(let refusal):
            // Which of several faults inside an object with any keys is told has no order.
            let top = refusal.field?.split(whereSeparator: { ".[".contains($0) }).first.map(String.init)
            guard let top, Self.open.contains(top) else { return canonical(refusal) }
            return "\(refusal.status) \(refusal.code) \(top)"
        }
    }

    private static let open: Set = [
        "headers", "metadata", "template_data", "template_variables", "template_vars", "recipient_variables",
    ]

    @Test(arguments: [0, 2, 10])
    func `a batch in either form is the same in either way`(faults: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var made = MadeBody(seed: seed, faults: faults)
        for _ in 0..<200 {
            let body = made.bytes(of: made.chance(50) ? list(&made) : personal(&made))
            expectSame(
                Result { () throws(APIError) in shown(try BatchRequest.messages(in: body)) },
                Result { () throws(APIError) in
                    try JSONScanner.check(body, maxDepth: StrictDecoding.maxDepth)
                    return shown(try BatchRequest.messagesOneByOne(in: body))
                }, body, seed)
        }
    }

    @Test(arguments: [0, 3, 12])
    func `a list of any dialect is the same as its messages one by one`(faults: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var made = MadeBody(seed: seed, faults: faults)
        for _ in 0..<120 {
            compare(
                SendRequest.self, Self.tenants, ["from", "to"], "messages", &made, seed,
                together: SendDoor.submissions(in:)
            ) { (message) throws(APIError) in try message.submission() }
            compare(
                EmailRequest.self, Self.emails, ["to", "from"], made.one(of: ["emails", nil]), &made, seed,
                together: EmailsDoor.submissions(in:)
            ) { (email) throws(APIError) in try email.submission() }
        }
    }

    /// - Parameter name: of the field that has the list; nil when it is the body.
    private func compare<Value: Decodable>(
        _ type: Value.Type, _ fields: [(String, MadeBody.Kind)], _ required: Set<String>, _ name: String?,
        _ made: inout MadeBody, _ seed: UInt64,
        together: ([UInt8]) throws(APIError) -> [Result<Submission, APIError>],
        alone: (Value) throws(APIError) -> Submission
    ) {
        let messages = (0...made.count(3)).map { _ in made.object(fields, required: required) }
        let list = "[" + messages.joined(separator: " , ") + "]"
        let body = Array((name.map { "{\"\($0)\" :" + list + "}" } ?? list).utf8)
        let each = messages.map { message in
            Result { () throws(APIError) in
                try alone(try StrictDecoding.decode(Recorded<Value>.self, from: Array(message.utf8)).value)
            }
        }
        // A body that is no JSON is refused as a whole.
        guard let all = try? together(body) else { return }
        let text = String(decoding: body, as: UTF8.self)
        #expect(all.count == each.count)
        for (one, other) in zip(all, each) {
            #expect(words(one.map(canonical)) == words(other.map(canonical)), "seed \(seed): \(text)")
        }
    }

    private func shown(_ elements: [BatchRequest.Element]) -> String {
        elements.map { words($0.map(canonical)) }.joined(separator: "\n")
    }

    private func list(_ made: inout MadeBody) -> String {
        let messages = (0..<made.count(4)).map { _ in
            made.object(Self.message, required: ["from", "to"])
        }
        let beside = made.chance(made.faults) ? made.one(of: [#""from":"a","#, #""odd":1,"#]) : ""
        return "{\(beside)\"messages\":[" + messages.joined(separator: ",") + "]}"
    }

    private func personal(_ made: inout MadeBody) -> String {
        let names = [
            "a@x.example", "b\\u006Fb@x.example", "Jos\\u00E9 <j@x.example>", "Jose\\u0301 <j@x.example>",
        ]
        let recipients = names.prefix(made.count(4)).map { "\"\($0)\": " + made.value(.variables) }
        var shared = made.object(Self.message.filter { $0.0 != "to" }, required: ["from", "subject"])
        shared.removeLast()
        return shared + ",\"recipient_variables\":{" + recipients.joined(separator: ",") + "}}"
    }

    @Test func `texts of some length come out as they went in at every dialect`() throws {
        let plain = String(repeating: "words and words ü ", count: 40)
        let escaped = String(repeating: #"\u00fc\n\"😀"#, count: 60)
        let read = String(repeating: "ü\n\"😀", count: 60)
        let body = #"{"from":"a","to":"b","subject":"\#(plain)","text":"\#(escaped)","html":"\#(plain)"}"#
        let message = try #require(
            try StrictDecoding.decodeIfSound(MessageBody.self, from: Array(body.utf8)))
        #expect(message.subject == plain && message.html == plain && message.text == read)
        #expect(message.to?.values == ["b"])
        let ingest = try #require(
            try StrictDecoding.decodeIfSound(IngestRequest.self, from: Array(body.utf8)))
        #expect(ingest.subject == plain && ingest.html == plain && ingest.text == read)
        let email = try #require(try StrictDecoding.decodeIfSound(EmailRequest.self, from: Array(body.utf8)))
        #expect(email.subject == plain && email.html == plain && email.text == read)
        let tenants = body.replacing("\"text\"", with: "\"text_body\"").replacing(
            "\"html\"", with: "\"html_body\"")
        let send = try #require(try StrictDecoding.decodeIfSound(SendRequest.self, from: Array(tenants.utf8)))
        #expect(send.subject == plain && send.html_body == plain && send.text_body == read)
    }
}
