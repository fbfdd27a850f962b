import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct MessagesTemplatesTests {
    private static let welcome = """
        {"name":"Welcome Email","subject":"Welcome, {{name}}!","html":"<h1>Hello {{name}}</h1>",
         "text_content":"Hello {{name}} of {{company}}, {{greeting|default:\\"hi\\"}}","type":"marketing",
         "description":"Sent after signing up"}
        """

    @Test func `a template is made with either name of its bodies, changed, and filled in`() async throws {
        let caller = try await KeyCaller.make()
        let made = try await caller.call("POST", "/templates", Self.welcome)
        #expect(made.status == 201, "\(made.body)")
        #expect(made.data["slug"] == "welcome-email" && made.data["version"] == 1)
        #expect(made.data["status"] == "active" && made.data["type"] == "marketing")
        #expect(made.data["html"] == "<h1>Hello {{name}}</h1>")
        #expect(made.data["variables"] == ["name", "company", "greeting"])
        #expect(made.data["required_variables"] == ["name", "company"])
        for method in ["PUT", "PATCH"] {
            let changed = try await caller.call(
                method, "/templates/welcome-email", #"{"html_content":"<p>{{name}}</p>"}"#)
            #expect(changed.status == 200 && changed.data["html"] == "<p>{{name}}</p>")
            #expect(changed.data["description"] == "Sent after signing up")
        }
        // The tenants' API leaves alone what it does not know of.
        let id = try #require(made.data["id"].text)
        let there = try await caller.asOwner("PUT", "/templates/\(id)", #"{"subject":"Hi {{name}}"}"#)
        #expect(there.data["version"] == 4 && !there.data.names.contains("description"))
        let found = try await caller.call("GET", "/templates/\(id)")
        #expect(found.data["type"] == "marketing" && found.data["subject"] == "Hi {{name}}")

        let filled = try await caller.call(
            "POST", "/templates/\(id)/preview", #"{"template_data":{"name":"Jo & Co","company":"Acme"}}"#)
        #expect(
            filled.data == [
                "version": 4, "subject": "Hi Jo & Co", "html": "<p>Jo &amp; Co</p>",
                "text": "Hello Jo & Co of Acme, hi",
            ])
        let first = try await caller.call(
            "POST", "/templates/\(id)/preview", #"{"version":1,"template_data":{"name":"J","company":"A"}}"#)
        #expect(first.data["html"] == "<h1>Hello J</h1>")
        let missing = try await caller.call("POST", "/templates/\(id)/preview", #"{"template_data":{}}"#)
        #expect(missing.status == 400 && missing.code == "missing_variable")
        #expect(missing.field == "template_data.name")
        let deleted = try await caller.call("DELETE", "/templates/welcome-email")
        #expect(deleted.data == ["id": .string(id), "deleted": true])
        #expect(try await caller.call("GET", "/templates/\(id)").status == 404)
    }

    @Test func `a list is searched and paged by either name of its limit`() async throws {
        let caller = try await KeyCaller.make()
        for (name, kind) in [("Receipt 100%", "transactional"), ("News", "marketing"), ("Alarm", "system")] {
            let body = #"{"name":"\#(name)","subject":"About \#(name)","text":"x","type":"\#(kind)"}"#
            #expect(try await caller.call("POST", "/templates", body).status == 201)
        }
        for (query, names) in [
            ("", ["Receipt 100%", "News", "Alarm"]), ("?search=ABOUT%20news", ["News"]),
            ("?search=100%25", ["Receipt 100%"]), ("?search=receipt-100", ["Receipt 100%"]),
            ("?search=_", []), ("?type=system", ["Alarm"]),
            ("?limit=1&page=2", ["News"]), ("?per_page=2&page=2", ["Alarm"]),
        ] {
            let list = try await caller.call("GET", "/templates\(query)")
            #expect(list.data.elements.map { $0["name"].text } == names, "\(query)")
        }
        let page = try await caller.call("GET", "/templates?per_page=2").body["meta"]
        #expect(page == ["count": 2, "total": 3, "limit": 2, "offset": 0, "has_more": true])
        let wrong = try await caller.call("GET", "/templates?per_page=0")
        #expect(wrong.status == 400 && wrong.field == "per_page")
    }

    @Test(arguments: [
        (#"{"name":"x","subject":"s"}"#, "html", "missing_field"),
        (#"{"name":"x","subject":"s","html":"{{#if}}"}"#, "html", "invalid_template"),
        (#"{"name":"x","subject":"s","html_content":"{{#if}}"}"#, "html_content", "invalid_template"),
        (#"{"name":"x","subject":"s","text":"{{#if}}"}"#, "text", "invalid_template"),
        (#"{"name":"x","subject":"s","html":"a","html_content":"b"}"#, "html_content", "invalid_field"),
        (#"{"name":"x","subject":"s","html":"a","type":"spam"}"#, "type", "invalid_field"),
        (#"{"name":"x","subject":"s","html":"a","html_body":"b"}"#, "html_body", "unknown_field"),
    ])
    func `a bad template is refused by the caller's own name of the field`(
        _ body: String, _ field: String, _ code: String
    ) async throws {
        let caller = try await KeyCaller.make()
        let answer = try await caller.call("POST", "/templates", body)
        #expect(answer.status == 400 && answer.field == field && answer.code == code, "\(answer.body)")
        #expect(answer.body["error"]["message"].text?.contains("`\(field)`") == true, "\(answer.body)")
    }
}
