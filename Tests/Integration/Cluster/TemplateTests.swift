import MailFormat
import TestSupport
import Testing

extension ClusterScenarios {
    /// Templates from where they are made to the mail that leaves.
    @Suite struct TemplateTests {
        @Test func `a template reaches the nodes, and its newest version is what leaves`() async throws {
            let cluster = try await Cluster()
            let tenant = try await cluster.makeTenant("Writer", domain: "writer.example")
            let template: JSONValue = [
                "name": "Welcome", "slug": "welcome", "subject": "welcome-{{user.name}}",
                "html_body": "<p>{{user.name}} {{{raw}}}</p>",
                "text_body": "{{#each items}}{{this}};{{else}}nothing{{/each}}",
            ]
            let made = try await cluster.api.must("POST", "\(tenant.path)/templates", template)
            try await cluster.api.must(
                "PUT", "\(tenant.path)/master-template", ["html_body": "<main>{{content}}</main>"])
            try await cluster.waitUntilNodesHaveEverything()
            let node = try await cluster.node.caller(token: tenant.apiKey)
            func message(_ name: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
                .object(
                    [
                        "from": "a@writer.example", "to": ["b@example.net"], "subject": "unused",
                        "template_id": .string(made["data"]["id"].text ?? ""), "use_master_template": true,
                        "template_variables": [
                            "user": ["name": .string(name)], "raw": "<b>&</b>", "items": [1, "two"],
                        ],
                    ].merging(more) { $1 })
            }
            try await node.must("POST", "\(tenant.path)/send", message("<A>"))
            let first = try await cluster.sink.wait(forSubject: "welcome-<A>")
            let parts = MIMEParser.parse(first.message)
            #expect(parts.html == "<main><p>&lt;A&gt; <b>&</b></p></main>")
            #expect(parts.plainText == "1;two;")

            let missing = try await node.send(
                "POST", "\(tenant.path)/send", message("x", ["template_variables": ["raw": ""]]))
            #expect(missing.status == 400)
            #expect(missing.json["error"]["code"] == "MISSING_VARIABLE")
            #expect(missing.json["error"]["field"] == "template_variables.user.name")

            try await cluster.api.must(
                "PUT", "\(tenant.path)/templates/welcome", ["subject": "again-{{user.name}}"])
            try await cluster.waitUntilNodesHaveEverything()
            // Through the control plane, among others, by slug.
            let bulk = try await cluster.api.with(token: tenant.apiKey).must(
                "POST", "\(tenant.path)/send-bulk",
                [
                    "messages": [
                        message("B", ["template_id": "welcome"]), message("C", ["template_id": "nothing"]),
                    ]
                ])
            #expect(bulk["data"]["sent"] == 1)
            #expect(bulk["data"]["results"][1]["code"] == "TEMPLATE_NOT_FOUND")
            _ = try await cluster.sink.wait(forSubject: "again-B")
        }
    }
}
