import FoundationEssentials
import MailFormat
import NodeProtocol
import Templates
import Testing

@testable import Admission

/// Messages whose parts a stored template makes.
@Suite struct TemplateUseTests {
    private let id = UUID()
    private let world: World

    init() throws {
        world = try World(
            templates: [
                .init(
                    id: id, slug: "welcome", subject: "Welcome, {{user_name}}!",
                    html: "<h1>{{user_name}}</h1>{{{raw|default:\"\"}}}", text: "Hi {{user_name}}")
            ])
    }

    private func admitted(
        _ change: (inout Submission.Composed) -> Void
    ) -> Result<ParsedMessage, Refusal> {
        let submission = composed { composed in
            composed.text = nil
            change(&composed)
        }
        do throws(Refusal) { return .success(MIMEParser.parse(try world.admit(submission).message)) } catch {
            return .failure(error)
        }
    }

    @Test func `a template gives subject and bodies, by slug and by UUID, escaped in HTML alone`() throws {
        for name in ["welcome", id.uuidString, id.uuidString.lowercased()] {
            let message = try admitted {
                $0.template = .init(name: name, field: "template_id")
                $0.variables = ["user_name": .text("A & <B>"), "raw": .text("<hr>")]
                $0.html = "ignored"
            }.get()
            #expect(message.html == "<h1>A &amp; &lt;B&gt;</h1><hr>")
            #expect(message.plainText == "Hi A & <B>")
            #expect(message.header("Subject") == "Welcome, A & <B>!")
        }
    }

    @Test func `messages that share a reader are each filled in with their own template and values`() throws {
        let reader = TemplateReader()
        for (number, name) in ["Ann", "Joe", "Zoë"].enumerated() {
            let stored = try admitted {
                $0.templates = reader
                $0.template = .init(name: "welcome", field: "template_id")
                $0.variables = ["user_name": .text(name)]
            }.get()
            #expect(stored.plainText == "Hi \(name)")
            #expect(stored.header("Subject") == "Welcome, \(name)!")
            let own = try admitted {
                $0.templates = reader
                $0.fillsPlaceholders = true
                $0.subject = "{{user_name}}"
                $0.text = number == 1 ? "Dear {{user_name}}" : "{{user_name}}!"
                $0.variables = ["user_name": .text(name)]
            }.get()
            #expect(own.plainText?.hasPrefix(number == 1 ? "Dear \(name)" : "\(name)!") == true)
            #expect(own.header("Subject") == name)
        }
        let refusal = admitted {
            $0.templates = reader
            $0.template = .init(name: "welcome", field: "template_id")
        }.refusal
        #expect(refusal?.field == "template_variables.user_name")
    }

    @Test func `a variable without a value is named`() {
        let refusal = admitted { $0.template = .init(name: "welcome", field: "template_id") }.refusal
        #expect(refusal?.code == .missingVariable)
        #expect(refusal?.message.contains("user_name") == true)
        #expect(refusal?.field == "template_variables.user_name")
        let unfit = admitted {
            $0.template = .init(name: "welcome", field: "template_id")
            $0.variables = ["user_name": .list([])]
        }.refusal
        #expect(unfit?.code == .invalidVariable)
    }

    @Test func `a template that the tenant has not is not found`() {
        for name in ["other", UUID().uuidString, ""] {
            let refusal = admitted { $0.template = .init(name: name, field: "template_id") }.refusal
            #expect(refusal?.code == .templateNotFound)
            #expect(refusal?.field == "template_id")
        }
    }

    @Test func `no value of a variable makes a second header`() {
        let refusal = admitted {
            $0.template = .init(name: "welcome", field: "template_id")
            $0.variables = ["user_name": .text("x\r\nBcc: y@z.example")]
        }.refusal
        #expect(refusal?.code == .invalid)
        #expect(refusal?.field == "subject")
    }

    @Test func `variables without a template are refused, not dropped`() {
        let refusal = admitted {
            $0.html = "<p>{{name}}</p>"
            $0.variables = ["name": .text("x")]
        }.refusal
        #expect(refusal?.field == "template_variables")
    }

    @Test func `the master template is the tenant's, else the service's, else the built-in one`() throws {
        func framed(tenant: String?, service: String?) throws -> String {
            let world = try World(tenantMaster: tenant, serviceMaster: service)
            let submission = composed { composed in
                composed.subject = "S<"
                composed.html = "<b>x</b>"
                composed.usesMasterTemplate = true
            }
            return try #require(MIMEParser.parse(try world.admit(submission).message).html)
        }
        #expect(try framed(tenant: "t {{content}}", service: "s {{content}}") == "t <b>x</b>")
        #expect(try framed(tenant: nil, service: "{{subject}} {{content}}") == "S&lt; <b>x</b>")
        #expect(try framed(tenant: nil, service: nil).contains("<b>x</b>"))
        let textOnly = admitted {
            $0.text = "x"
            $0.usesMasterTemplate = true
        }.refusal
        #expect(textOnly?.code == .missing)
    }
}

extension Result where Failure == Refusal {
    fileprivate var refusal: Refusal? { if case .failure(let refusal) = self { refusal } else { nil } }
}
