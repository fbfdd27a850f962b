import MailFormat
import NodeProtocol
import Testing

@testable import Admission

/// A text or HTML of no characters is as good as none.
@Suite struct EmptyPartsTests {
    private let world: World

    init() throws {
        world = try World(
            templates: [
                .init(
                    id: .init(), slug: "blank", subject: "s", html: "{{{body|default:\"\"}}}",
                    text: "{{{plain|default:\"\"}}}")
            ])
    }

    @Test func `an empty part is left out, so no reader prefers it`() throws {
        let text = try world.admit(composed { $0.html = "" })
        #expect(try MessageHeaders(text.message).value("Content-Type") == "text/plain; charset=utf-8")
        let html = try world.admit(
            composed {
                $0.text = ""
                $0.html = "<p>Hi</p>"
            })
        #expect(try MessageHeaders(html.message).value("Content-Type") == "text/html; charset=utf-8")
    }

    @Test func `two empty parts are no body`() {
        for (text, html) in [("", ""), ("", nil), (nil, "")] as [(String?, String?)] {
            let refusal = world.refusal(
                of: composed {
                    $0.text = text
                    $0.html = html
                })
            #expect(refusal?.code == .missing && refusal?.field == "html")
        }
    }

    @Test func `what a template makes counts in the same way`() throws {
        let use: (inout Submission.Composed) -> Void = {
            $0.text = ""
            $0.html = ""
            $0.template = .init(name: "blank", field: "template_id")
        }
        let text = try world.admit(
            composed {
                use(&$0)
                $0.variables = ["plain": .text("Hi")]
            })
        #expect(try MessageHeaders(text.message).value("Content-Type") == "text/plain; charset=utf-8")
        #expect(world.refusal(of: composed(use))?.code == .missing)
        let finished = raw(["From: ann@one.example", "X-Dispatch-Template: blank"])
        #expect(world.refusal(of: finished)?.code == .missing)
        let framed = world.refusal(
            of: composed {
                $0.html = ""
                $0.usesMasterTemplate = true
            })
        #expect(framed?.code == .missing && framed?.field == "html")
    }
}
