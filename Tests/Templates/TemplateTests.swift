import FoundationEssentials
import TestSupport
import Testing

@testable import Templates

@Suite struct TemplateTests {
    private func filled(
        _ source: String, _ json: String = "{}", escaping: Template.Escaping = .html,
        limits: TemplateLimits = TemplateLimits()
    ) throws -> String {
        let variables = try JSONDecoder().decode([String: TemplateValue].self, from: Data(json.utf8))
        return try Template(source, escaping: escaping, limits: limits).render(variables)
    }

    @Test(arguments: [
        ("Hello {{name}}!", #"{"name":"Ada"}"#, "Hello Ada!"),
        ("{{ name }}|{{name }}", #"{"name":"A"}"#, "A|A"),
        ("{{user.name}} {{user.address.city}}", #"{"user":{"name":"A","address":{"city":"B"}}}"#, "A B"),
        ("{{name|default:\"you\"}}", "{}", "you"),
        ("{{name|default:\"you\"}}", #"{"name":""}"#, "you"),
        ("{{name | default : \"a }} \\\"b\\\\\"}}", #"{"name":null}"#, "a }} &quot;b\\"),
        ("{{name|default:\"you\"}}", #"{"name":0}"#, "0"),
        ("{{a}} {{b}} {{c}} {{d}}", #"{"a":1,"b":2.5,"c":true,"d":-7}"#, "1 2.5 true -7"),
        ("{{a}}", #"{"a":"<b> & \"'"}"#, "&lt;b&gt; &amp; &quot;&#39;"),
        ("{{{a}}}", #"{"a":"<b>"}"#, "<b>"),
        ("{{a}}}", #"{"a":"x"}"#, "x}"),
        ("a { b } c }} d", "{}", "a { b } c }} d"),
        ("{{#if a}}yes{{else}}no{{/if}}", #"{"a":1}"#, "yes"),
        ("{{#if a}}yes{{/if}}.", #"{"a":[]}"#, "."),
        ("{{#if a.b}}yes{{else}}no{{/if}}", "{}", "no"),
        ("{{#each l}}{{this}},{{/each}}", #"{"l":[1,"<",true]}"#, "1,&lt;,true,"),
        ("{{#each l}}{{n}}={{this.p}} {{c}};{{/each}}", #"{"c":"€","l":[{"n":"a","p":1}]}"#, "a=1 €;"),
        ("{{#each l}}x{{else}}none{{/each}}", #"{"l":[]}"#, "none"),
        (
            "{{#each a}}{{#each this.b}}{{this}}{{#if x}}{{x}}{{/if}}{{/each}}/{{/each}}",
            #"{"x":"!","a":[{"b":[1,2]},{"b":[3]}]}"#, "1!2!/3!/"
        ),
        ("", "{}", ""),
    ])
    func `a template is filled in`(source: String, json: String, expected: String) throws {
        #expect(try filled(source, json) == expected)
    }

    @Test func `a text is not escaped`() throws {
        #expect(try filled("{{a}} {{{a}}}", #"{"a":"<&>"}"#, escaping: .none) == "<&> <&>")
    }

    @Test(arguments: [
        ("{{name}}", "{}", TemplateRenderError.missing("name")),
        ("{{name}}", #"{"name":null}"#, .missing("name")),
        ("{{user.name}}", #"{"user":{"Name":"x"}}"#, .missing("user.name")),
        ("{{user.name}}", #"{"user":"x"}"#, .missing("user.name")),
        ("{{#each l}}{{p}}{{/each}}", #"{"l":[{}]}"#, .missing("p")),
        ("{{#each l}}{{/each}}", "{}", .missing("l")),
        ("{{#each l}}{{/each}}", #"{"l":3}"#, .unfit("l", wanted: "a list")),
        ("{{l}}", #"{"l":[1]}"#, .unfit("l", wanted: "a text, a number or true or false")),
    ])
    func `what cannot be filled in names the variable`(
        source: String, json: String, expected: TemplateRenderError
    ) throws {
        #expect(throws: expected) { try filled(source, json) }
    }

    @Test(arguments: [
        ("a\nb {{name", 2, 3), ("{{}}", 1, 1), ("{{1a}}", 1, 1), ("{{a b}}", 1, 1), ("{{a..b}}", 1, 1),
        ("{{a.}}", 1, 1), ("{{a|upper}}", 1, 1), ("{{a|default:x}}", 1, 1), ("{{a|default:\"x}}", 1, 1),
        ("é{{#if a}}", 1, 2), ("{{#with a}}{{/with}}", 1, 1), ("{{#if}}{{/if}}", 1, 1), ("{{/if}}", 1, 1),
        ("{{#if a}}{{/each}}", 1, 10), ("{{else}}", 1, 1), ("{{#if a}}{{else}}{{else}}{{/if}}", 1, 18),
        ("{{this}}", 1, 1), ("{{#each a}}{{else}}{{this}}{{/each}}", 1, 20), ("{{{#if a}}}{{/if}}", 1, 1),
        ("{{a.b.c.d.e.f.g.h.i}}", 1, 1), ("{{a()}}", 1, 1), ("{{a|default:\"b\"|default:\"c\"}}", 1, 1),
        ("\n\n {{> partial}}", 3, 2), ("{{{a}}", 1, 1),
    ])
    func `what is no template is refused with its place`(source: String, line: Int, column: Int) {
        do throws(TemplateSyntaxError) {
            _ = try Template(source, escaping: .html)
            Issue.record("\(source) was taken")
        } catch { #expect((error.line, error.column) == (line, column), "\(error)") }
    }

    @Test func `a template has limits on depth, steps, pieces, tags and output`() throws {
        var limits = TemplateLimits()
        limits.maxDepth = 3
        limits.maxSteps = 50
        limits.maxOutputBytes = 100
        limits.maxNodes = 20
        limits.maxTagBytes = 30
        limits.maxSourceBytes = 1_000
        func nested(_ depth: Int) -> String {
            String(repeating: "{{#if a}}", count: depth) + String(repeating: "{{/if}}", count: depth)
        }
        #expect(try filled(nested(3), limits: limits) == "")
        #expect(throws: TemplateSyntaxError.self) { try filled(nested(4), limits: limits) }
        let list = #"{"l":[1,2,3,4,5,6,7,8,9,10]}"#
        #expect(throws: TemplateRenderError.tooManySteps(limit: 50)) {
            try filled("{{#each l}}{{#each l}}x{{/each}}{{/each}}", list, limits: limits)
        }
        #expect(throws: TemplateRenderError.outputTooLong(limitBytes: 100)) {
            try filled("{{#each l}}0123456789a{{/each}}", list, limits: limits)
        }
        #expect(throws: TemplateSyntaxError.self) {
            try filled(String(repeating: "{{a}}", count: 21), limits: limits)
        }
        #expect(throws: TemplateSyntaxError.self) {
            try filled("{{\(String(repeating: "a", count: 40))}}", limits: limits)
        }
        #expect(throws: TemplateSyntaxError.self) {
            try filled(String(repeating: "a", count: 1_001), limits: limits)
        }
    }

    @Test func `the variables of all parts are found, and which of them are required`() throws {
        let message = try MessageTemplate(
            subject: "{{a}} {{b|default:\"x\"}}", html: "{{#if c}}{{d}}{{/if}}{{#each e}}{{this.f}}{{/each}}",
            text: "{{d}} {{b}}")
        let found = message.variables.map { "\($0.name)\($0.isRequired ? "!" : "")" }
        #expect(found == ["a!", "b!", "c", "d!", "e!", "e[].f"])
    }

    @Test func `the part that is no template is named`() {
        #expect(throws: MessageTemplate.Problem.self) {
            try MessageTemplate(subject: "x", html: nil, text: "{{")
        }
        do throws(MessageTemplate.Problem) {
            _ = try MessageTemplate(subject: "x", html: "{{/if}}", text: nil)
        } catch { #expect(error.part == .html && error.part.rawValue == "html_body") }
    }

    @Test func `a reader gives the template of the sources that are asked for, and reads it once`() throws {
        let reader = TemplateReader()
        func said(_ subject: String, _ html: String?, _ text: String?) throws -> [String?] {
            let made = try reader.template(subject: subject, html: html, text: text).render(["a": .text("<")])
            return [made.subject, made.html, made.text]
        }
        for _ in 0..<2 {
            #expect(try said("s{{a}}", "h{{a}}", nil) == ["s<", "h&lt;", nil])
            #expect(try said("s{{a}}", "h{{a}}", "t{{a}}") == ["s<", "h&lt;", "t<"])
            #expect(try said("s{{a}}", nil, "t{{a}}") == ["s<", nil, "t<"])
            #expect(try said("x", nil, "t{{a}}") == ["x", nil, "t<"])
            #expect(throws: MessageTemplate.Problem.self) { try said("x", nil, "{{") }
        }
        // The same to a reader of texts, and not the same bytes.
        for subject in ["\u{E9}", "e\u{301}", ";", "\u{37E}"] {
            #expect(try said(subject, nil, nil).first??.utf8.elementsEqual(subject.utf8) == true)
        }
        let first = try reader.template(subject: "a", html: "b", text: nil)
        #expect(try reader.template(subject: "a", html: "b", text: nil) === first)
        #expect(try reader.template(subject: "a", html: nil, text: "b") !== first)
        for frame in ["<i>{{content}}</i>", "<b>{{content}}</b>", "<b>{{content}}</b>"] {
            let expected = frame.replacing("{{content}}", with: "x")
            #expect(try reader.frame(frame).wrap("x", subject: "", variables: [:]) == expected)
        }
        #expect(throws: TemplateSyntaxError.self) { try reader.frame("") }
    }

    @Test func `a master template holds the content as it is, once`() throws {
        let master = try MasterTemplate("<i>{{subject}}{{name|default:\"\"}}</i>{{content}}")
        let wrapped = try master.wrap("<b>&amp;</b>", subject: "a<b", variables: ["content": .text("x")])
        #expect(wrapped == "<i>a&lt;b</i><b>&amp;</b>")
        #expect(
            try MasterTemplate(MasterTemplate.builtIn).wrap("<p>", subject: "", variables: [:]).contains(
                "<p>"))
        for source in ["", "{{content}}{{content}}", "{{#if a}}{{content}}{{/if}}", "{{content.a}}"] {
            #expect(throws: TemplateSyntaxError.self) { try MasterTemplate(source) }
        }
    }

    @Test func `a tag that is taken for a plain name in one look is what the grammar makes of it`() {
        let pieces = [
            "name", "a", "_", "-", "9", ".", ".", " ", " ", "else", "this", "#", "/", "|default:\"x\"", "é",
            "\u{301}", "\t", "\n", "{", "Z-1",
        ]
        var random = SeededBytes(seed: 21)
        var plainCount = 0
        for _ in 0..<20_000 {
            let tag = (0..<random.below(7)).reduce("") { text, _ in text + pieces[random.below(pieces.count)]
            }
            let read = Result { () throws(TemplateTagProblem) in
                try TemplateTag(reading: tag, maxPathNames: 3)
            }
            let taken = Result { () throws(TemplateTagProblem) in try TemplateTag(tag, maxPathNames: 3) }
            #expect(taken == read, "\(tag)")
            if TemplatePath(plain: tag, maxNames: 3) != nil { plainCount += 1 }
        }
        #expect(plainCount > 100)
    }

    @Test func `no bytes stop the reader`() {
        let alphabet = [
            "{", "{{", "}}", "}", "#", "/", "if", "each", "else", "a", ".", "|", "default", ":", "\"",
            "\\", "\n", " ", "é", "this",
        ]
        var state: UInt64 = 42
        for _ in 0..<20_000 {
            var source = ""
            for _ in 0..<14 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                source += alphabet[Int(state >> 33) % alphabet.count]
            }
            guard let template = try? Template(source, escaping: .html) else { continue }
            _ = template.variables
            _ = try? template.render(["a": .list([.text("x"), .object(["a": .integer(1)])])])
        }
    }
}
