import FoundationEssentials
import HTTP
import Relay
import TestSupport
import Testing

@testable import ControlPlane

/// Each rule alone, by a message that only it finds fault with.
@Suite struct AnalysisTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let subtype: String
        let changes: [String: JSONValue]
        var sender = AnalyzedMessage.SenderDomain(isVerified: true)
        var suppressed = 0
        var problem: String?

        init(_ subtype: String, _ changes: [String: JSONValue]) {
            self.subtype = subtype
            self.changes = changes
        }

        func with(_ change: (inout Case) -> Void) -> Case {
            var copy = self
            change(&copy)
            return copy
        }

        var testDescription: String { subtype }

        func analyzed() throws -> AnalyzedMessage {
            var members: [String: JSONValue] = [
                "from": "App <app@shop.example>", "to": "john@example.com",
                "subject": "Your order has shipped",
                "html": "<p>Your order is on the way to you.</p>", "text": "Your order is on the way to you.",
            ]
            members.merge(changes) { $1 }
            let json = JSONValue.object(members.filter { $0.value != .null })
            let body = try StrictDecoding.decode(MessageBody.self, from: Array(try json.encoded()))
            var message = AnalyzedMessage(
                body, subject: body.subject ?? "", html: body.htmlPart, text: body.textPart)
            message.sender = sender
            message.suppressedCount = suppressed
            message.templateProblem = problem
            return message
        }
    }

    private static func html(_ html: String) -> [String: JSONValue] {
        ["html": .string("<p>Your order is on the way to you.</p>" + html)]
    }

    private static func text(_ count: Int) -> String { String(repeating: "word ", count: count) }

    private static func file(_ name: String, bytes: Int = 3) -> JSONValue {
        ["filename": .string(name), "content": .string(String(repeating: "A", count: bytes / 3 * 4))]
    }

    private static let bulk: [String: JSONValue] = ["stream": "bulk", "reply_to": "a@shop.example"]
    private static let megabyte = 1024 * 1024

    static let cases = [
        Case("invalid_from_address", ["from": .null]).with { $0.sender = .init() },
        Case("invalid_from_address", ["from": "nobody"]),
        Case("domain_not_verified", [:]).with { $0.sender = .init() },
        Case("domain_at_risk", [:]).with { $0.sender.isAtRisk = true },
        Case("missing_dkim", [:]).with { $0.sender.hasDKIM = false },
        Case("missing_spf", [:]).with { $0.sender.hasSPF = false },
        Case("missing_dmarc", [:]).with { $0.sender.hasDMARC = false },
        Case("no_reply_address", ["from": "no-reply@shop.example"]),
        Case("invalid_to_address", ["to": .null]), Case("invalid_to_address", ["cc": "x@"]),
        Case("too_many_recipients", ["bcc": .array((0..<60).map { .string("j\($0)@x.example") })]),
        Case("recipients_see_each_other", ["cc": .array((0..<20).map { .string("j\($0)@x.example") })]),
        Case("all_suppressed", [:]).with { $0.suppressed = 1 },
        Case("some_suppressed", ["cc": "b@x.example"]).with { $0.suppressed = 1 },
        Case("invalid_template", [:]).with { $0.problem = "The template's variable `x` has no value." },
        Case("missing_subject", ["subject": " "]), Case("missing_subject", ["subject": .null]),
        Case("missing_body", ["html": .null, "text": .null]), Case("missing_text", ["text": .null]),
        Case("image_only", ["html": "<img src=x alt=x>"]),
        Case("low_text_ratio", html("<p style='\(text(2_000))'></p>")),
        Case("images_without_alt", html("<img src=x>")),
        Case("too_short", ["html": .null, "text": "Hi"]),
        Case("long_subject", ["subject": .string(text(20))]),
        Case("shouting_subject", ["subject": "YOUR ORDER HAS SHIPPED"]),
        Case("shouting_text", html("<p>\(text(50).uppercased())</p>")),
        Case("excited_subject", ["subject": "Your order!!"]),
        Case("false_reply", ["subject": "Re: your order"]),
        Case("spam_phrases", ["subject": "Act now"]),
        Case("many_spam_phrases", html("<p>Act now, make money, risk-free</p>")),
        Case("unfilled_placeholder", ["text": "Hello {{name}}, how are you?"]),
        Case("active_content", html("<iframe></iframe>")), Case("form", html("<form></form>")),
        Case("mismatched_link", html("<a href='https://evil.example/x'>https://bank.example/x</a>")),
        Case("mismatched_link", html("<a href='https://evil.example'>www.bank.example</a>")),
        Case("ip_address", html("<a href='https://192.0.2.7/'>here</a>")),
        Case("ip_address", html("<a href='https://3232235777/'>here</a>")),
        Case("unsafe_scheme", html("<a href='JavaScript:alert(1)'>here</a>")),
        Case("shortener", ["text": "Your order: https://bit.ly/abc"]),
        Case("insecure_link", html("<a href='http://shop.example/'>here</a>")),
        Case(
            "too_many_links",
            html(String(repeating: "<a href='https://shop.example/'>more</a> ", count: 31))),
        Case("header_not_allowed", ["headers": ["DKIM-Signature": "x"]]),
        Case("header_not_allowed", ["headers": ["X-A": "a\nb"]]),
        Case("header_not_allowed", ["headers": ["X A": "a"]]),
        Case(
            "missing_list_unsubscribe", bulk.merging(["tracking": ["opens": false, "clicks": false]]) { $1 }),
        Case("missing_reply_to", ["stream": "bulk"]), Case("high_priority", ["headers": ["X-Priority": "1"]]),
        Case(
            "message_too_large",
            ["attachments": .array([1, 2, 3].map { file("\($0)", bytes: 9 * megabyte) })]),
        Case("attachment_too_large", ["attachments": [file("a.pdf", bytes: 11 * megabyte)]]),
        Case("too_many_attachments", ["attachments": .array((0..<11).map { file("\($0)") })]),
        Case("unreadable_attachment", ["attachments": [["filename": "a", "content": "%"]]]),
        Case("dangerous_attachment", ["attachments": [file("invoice.pdf.EXE")]]),
        Case("invalid_tags", ["tags": .array((0..<21).map { .string("t\($0)") })]),
        Case("invalid_metadata", ["metadata": ["k": .string(String(repeating: "v", count: 16_384))]]),
        Case("invalid_stream", ["stream": "odd"]),
        Case("scheduled_too_far", ["scheduled_at": "2040-01-01T00:00:00Z"]),
        Case(
            "conflicting_send_time",
            ["scheduled_at": "1970-01-02T00:00:00Z", "optimize_send_time": true]),
        Case("large_message", ["attachments": [file("a.pdf", bytes: 8 * megabyte)]]),
        Case("clipped", html("<p>\(text(22_000))</p>")),
    ]

    @Test(arguments: cases)
    func `a rule finds what it is for, and nothing else is found`(_ wrong: Case) throws {
        let analysis = Analysis(try wrong.analyzed())
        // A file that is too large makes its message large as well.
        let subtypes = analysis.issues.map(\.subtype).filter {
            wrong.subtype != "attachment_too_large" || $0 != "large_message"
        }
        #expect(subtypes == [wrong.subtype])
        let rule = try #require(AnalysisRule.all.first { $0.subtype == wrong.subtype })
        #expect(analysis.canSend == (rule.severity != .critical))
        #expect(analysis.recommendations.contains(rule.recommendation))
    }

    @Test func `too many tags are told of with what is allowed`() throws {
        let tags = JSONValue.array((0..<21).map { .string("t\($0)") })
        let analysis = Analysis(try Case("invalid_tags", ["tags": tags]).analyzed())
        #expect(analysis.issues.map(\.detail) == ["Allowed are at most 20 tags of 1 to 128 bytes"])
    }

    @Test func `every rule has a message that it finds fault with, and a name of its own`() {
        let subtypes = AnalysisRule.all.map(\.subtype)
        #expect(Set(subtypes).count == subtypes.count)
        #expect(Set(subtypes).subtracting(Self.cases.map(\.subtype)).isEmpty)
        for rule in AnalysisRule.all {
            let penalties: [AnalysisRule.Severity: ClosedRange<Int>] = [
                .critical: 50...100, .high: 11...30, .medium: 5...10, .low: 1...4,
            ]
            #expect(penalties[rule.severity]?.contains(rule.penalty) == true, "\(rule.subtype)")
        }
    }

    @Test(arguments: [
        "<a href='https://www.shop.example/x'>shop.example</a>",
        "<a href='https://click.shop.example/x'>https://shop.example/orders</a>",
        "<a href='https://shop.example/x'>readme.md</a>",
        "<a href='mailto:a@shop.example'>a@shop.example</a>",
        "<a href='tel:+49'>call</a>", "<a href='https://shop.example'>our shop on shop.example</a>",
    ])
    func `what is as it should be is left in peace`(link: String) throws {
        #expect(try Analysis(Case("", Self.html(link)).analyzed()).issues.isEmpty)
    }

    @Test func `the score is 100 less the penalties, and the grades follow it`() throws {
        let perfect = Analysis(try Case("", [:]).analyzed())
        #expect(perfect.score == 100 && perfect.grade == "excellent" && perfect.canSend)
        let two = Analysis(try Case("", ["text": .null, "subject": "Your order!!"]).analyzed())
        #expect(two.score == 92 && two.mediumCount == 1 && two.lowCount == 1 && two.issuesCount == 2)
        #expect(two.issues.map(\.severity) == ["medium", "low"])
        let hopeless = Analysis(
            try Case("", ["html": .null, "text": .null, "subject": .null, "to": .null]).analyzed())
        #expect(hopeless.score == 0 && hopeless.grade == "poor" && !hopeless.canSend)
        for (score, grade) in [
            (90, "excellent"), (89, "good"), (75, "good"), (74, "fair"), (50, "fair"), (49, "poor"),
        ] {
            #expect(Analysis.grade(score) == grade)
        }
    }
}
