import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct TemplatesTests {
    private let welcome = #"""
        {"name":"Welcome Email","slug":"welcome-email","subject":"Welcome, {{user_name}}!",
         "html_body":"<h1>Hello {{user_name}}</h1><p>Welcome to {{company}}.</p>",
         "text_body":"Hello {{user_name}}, {{greeting|default:\"hi\"}}.","variables":{"company":"Acme <Inc>"}}
        """#

    @Test func `a template is made, found by id and slug, and its variables are told`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        let made = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: welcome)
        #expect(made.status == 201, "\(made.body)")
        #expect(made.data["version"] == 1)
        #expect(made.data["variables"] == ["user_name": .null, "company": "Acme <Inc>", "greeting": .null])
        #expect(made.data["required_variables"] == ["user_name", "company"])
        let id = try #require(made.data["id"].text)
        for name in [id, "welcome-email"] {
            let found = try await api.call("GET", mine.path + "/templates/\(name)", token: mine.owner)
            #expect(found.data == made.data)
        }
        let list = try await api.call("GET", mine.path + "/templates", token: mine.owner)
        #expect(list.data == [made.data])
        #expect(list.body["pagination"]["total"] == 1)
        let twice = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: welcome)
        #expect(twice.status == 409 && twice.field == "slug")
        let other = try await api.tenant()
        let there = try await api.call("POST", other.path + "/templates", token: other.owner, json: welcome)
        #expect(there.status == 201)
        for method in ["GET", "PUT", "DELETE"] {
            let json = method == "PUT" ? "{}" : nil
            let path = other.path + "/templates/\(id)"
            #expect(try await api.call(method, path, token: other.owner, json: json).status == 404)
        }
    }

    @Test func `each change is a version, and what is left out stays`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        let path = mine.path + "/templates/welcome-email"
        _ = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: welcome)
        let changed = try await api.call(
            "PUT", path, token: mine.owner, json: #"{"subject":"Hi {{userName}}","text_body":""}"#)
        #expect(changed.status == 200)
        #expect(changed.data["version"] == 2)
        #expect(changed.data["text_body"] == .null)
        #expect(changed.data["html_body"].text?.contains("{{company}}") == true)
        // A name of the caller's is printed as the caller spells it.
        #expect(changed.data["variables"].names == ["userName", "user_name", "company"])
        let versions = try await api.call("GET", path + "/versions", token: mine.owner)
        #expect(versions.data.elements.map { $0["version"] } == [2, 1])
        let first = try await api.call("GET", path + "/versions/1", token: mine.owner)
        #expect(first.data["subject"] == "Welcome, {{user_name}}!")
        #expect(try await api.call("GET", path + "/versions/3", token: mine.owner).status == 404)
        #expect(try await api.call("GET", path + "/versions/x", token: mine.owner).status == 404)
        let renamed = try await api.call("PUT", path, token: mine.owner, json: #"{"slug":"hello"}"#)
        #expect(renamed.data["slug"] == "hello")
        #expect(try await api.call("GET", path, token: mine.owner).status == 404)
        let gone = try await api.call("DELETE", mine.path + "/templates/hello", token: mine.owner)
        #expect(gone.status == 200)
        #expect(try await api.call("GET", mine.path + "/templates/hello", token: mine.owner).status == 404)
    }

    @Test(arguments: [
        (#"{"subject":"s","text_body":"x"}"#, "MISSING_FIELD", "name"),
        (#"{"name":"n","text_body":"x"}"#, "MISSING_FIELD", "subject"),
        (#"{"name":"n","subject":"s"}"#, "MISSING_FIELD", "html_body"),
        (#"{"name":"n","subject":"s","text_body":"{{"}"#, "INVALID_TEMPLATE", "text_body"),
        (#"{"name":"n","subject":"{{#if a}}","text_body":"x"}"#, "INVALID_TEMPLATE", "subject"),
        (#"{"name":"n","subject":"s","html_body":"a\n {{/each}}"}"#, "INVALID_TEMPLATE", "html_body"),
        (#"{"name":"n","subject":"a\nb","text_body":"x"}"#, "INVALID_FIELD", "subject"),
        (#"{"name":"n","slug":"No Slug","subject":"s","text_body":"x"}"#, "INVALID_FIELD", "slug"),
        (#"{"name":"日本","subject":"s","text_body":"x"}"#, "INVALID_FIELD", "slug"),
        (
            #"{"name":"n","slug":"0f8fad5b-d9cb-469f-a165-70867728950e","subject":"s","text_body":"x"}"#,
            "INVALID_FIELD", "slug"
        ),
        (#"{"name":"n","subject":"s","body":"x"}"#, "UNKNOWN_FIELD", "body"),
        (#"{"name":"n","subject":"s","text_body":"x","variables":[]}"#, "INVALID_FIELD", "variables"),
    ])
    func `what is no template is refused with its field`(
        json: String, code: String, field: String
    ) async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        let refused = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: json)
        #expect(refused.status == 400)
        #expect(refused.code == code, "\(refused.body)")
        #expect(refused.field == field)
        #expect(try await api.call("GET", mine.path + "/templates", token: mine.owner).data == [])
    }

    @Test func `a syntax error is told with line and column, and changes nothing`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        _ = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: welcome)
        let path = mine.path + "/templates/welcome-email"
        let refused = try await api.call(
            "PUT", path, token: mine.owner, json: #"{"html_body":"<p>\n  {{#each x}}"}"#)
        #expect(refused.status == 400)
        #expect(refused.body["error"]["message"].text?.contains("line 2, column 3") == true)
        #expect(try await api.call("GET", path, token: mine.owner).data["version"] == 1)
    }

    @Test func `the link to unsubscribe needs no giving, and a preview shows a sample of it`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        let made = try await api.call(
            "POST", mine.path + "/templates", token: mine.owner,
            json: #"{"name":"Leave","subject":"Hi {{name}}","text_body":"Leave: {{unsubscribe_url}}"}"#)
        #expect(made.data["required_variables"] == ["name"])
        let shown = try await api.call(
            "POST", mine.path + "/templates/leave/preview", token: mine.owner,
            json: #"{"variables":{"name":"Ada"}}"#)
        #expect(shown.data["text_body"].text == "Leave: https://example.com/unsubscribe")
    }

    @Test func `a preview fills in with values, then samples, and names what is missing`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        _ = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: welcome)
        let path = mine.path + "/templates/welcome-email/preview"
        let shown = try await api.call(
            "POST", path, token: mine.owner, json: #"{"variables":{"user_name":"Ada"}}"#)
        #expect(
            shown.data == [
                "version": 1, "subject": "Welcome, Ada!",
                "html_body": "<h1>Hello Ada</h1><p>Welcome to Acme &lt;Inc&gt;.</p>",
                "text_body": "Hello Ada, hi.",
            ])
        let missing = try await api.call("POST", path, token: mine.owner, json: "{}")
        #expect(missing.status == 400 && missing.code == "MISSING_VARIABLE")
        #expect(missing.field == "variables.user_name")
        let unfit = try await api.call(
            "POST", path, token: mine.owner, json: #"{"variables":{"user_name":{}}}"#)
        #expect(unfit.status == 400 && unfit.code == "INVALID_VARIABLE")
        let version = try await api.call(
            "POST", path, token: mine.owner, json: #"{"variables":{"user_name":"A"},"version":9}"#)
        #expect(version.status == 404)
    }

    @Test func `the master template is the tenant's, the service's or the built-in one`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        let path = mine.path + "/master-template"
        let operators = try await api.person(isOperator: true).token
        let service = "/api/v1/admin/master-template"
        #expect(try await api.call("GET", path, token: mine.owner).data["source"] == "built_in")
        let refused = try await api.call("PUT", path, token: mine.owner, json: #"{"html_body":"<p>"}"#)
        #expect(refused.status == 400 && refused.code == "INVALID_TEMPLATE")
        #expect(try await api.call("PUT", service, token: mine.owner, json: "{}").status == 403)
        let set = try await api.call(
            "PUT", service, token: operators, json: #"{"html_body":"service {{content}}"}"#)
        #expect(set.data["source"] == "service")
        #expect(try await api.call("GET", path, token: mine.owner).data["html_body"] == "service {{content}}")
        let own = try await api.call(
            "PUT", path, token: mine.owner, json: #"{"html_body":"<i>{{subject}}</i>{{content}}"}"#)
        #expect(own.data["source"] == "tenant")
        _ = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: welcome)
        let shown = try await api.call(
            "POST", mine.path + "/templates/welcome-email/preview", token: mine.owner,
            json: #"{"variables":{"user_name":"A"},"use_master_template":true}"#)
        #expect(shown.data["html_body"].text?.hasPrefix("<i>Welcome, A!</i><h1>Hello A</h1>") == true)
        #expect(try await api.call("DELETE", path, token: mine.owner).data["source"] == "service")
        #expect(try await api.call("DELETE", service, token: operators).data["source"] == "built_in")
    }

    @Test func `old versions make room for new ones`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        _ = try await api.call("POST", mine.path + "/templates", token: mine.owner, json: welcome)
        for number in 2...Int(TemplateStore.maxVersions) + 3 {
            let json = #"{"subject":"\#(number)"}"#
            let path = mine.path + "/templates/welcome-email"
            #expect(try await api.call("PUT", path, token: mine.owner, json: json).status == 200)
        }
        let versions = try await api.call(
            "GET", mine.path + "/templates/welcome-email/versions?limit=1&offset=99", token: mine.owner)
        #expect(versions.body["pagination"]["total"] == 100)
        #expect(versions.data[0]["version"] == 4)
    }
}
