import MailFormat
import TestSupport
import Testing

extension ClusterScenarios {
    /// Mail with links of its readers' own, from a sender's request to what a reader does with it.
    @Suite struct TrackedMailTests {
        @Test func `each reader gets links of his own, signed, and what he does with them is told`()
            async throws
        {
            let cluster = try await Cluster(nodes: 1)
            let tenant = try await cluster.makeTenant("Read", domain: "read.example")
            let caller = try await cluster.node.caller(token: tenant.apiKey)
            let html = #"<p>Hello <a href="https://shop.example/?a=1&amp;b=2">shop</a></p>"#
            let sent = try await caller.must(
                "POST", "/v1/messages/send",
                [
                    "from": .string("news@\(tenant.domain)"), "to": ["jane@example.net", "joe@example.net"],
                    "subject": "news", "html": .string(html), "text": "Hello",
                ])
            let id = try Cluster.text(sent["data"]["id"].text, "id")
            let copies = try await eventually("both copies") {
                let copies = cluster.sink.deliveries.filter { $0.subject == "news" }
                return copies.count == 2 ? copies : nil
            }
            #expect(Set(copies.map(\.recipients)) == [["jane@example.net"], ["joe@example.net"]])
            for copy in copies {
                #expect(copy.field("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click")
                #expect(copy.message.split(separator: 0x0A).allSatisfy { $0.count <= 998 })
                let signed = try #require(copy.header.firstRange(of: "DKIM-Signature"))
                #expect(copy.header[signed.lowerBound...].lowercased().contains("list-unsubscribe-post"))
            }
            let jane = try #require(copies.first { $0.recipients == ["jane@example.net"] })
            let joe = try #require(copies.first { $0.recipients == ["joe@example.net"] })
            let (ofJane, ofJoe) = (try Self.links(in: jane), try Self.links(in: joe))
            #expect(ofJane.click != ofJoe.click && ofJane.open != ofJoe.open)

            // A moment after the delivery nobody is taken for a person.
            try await pause(.milliseconds(2_100))
            let reader = try await cluster.node.caller()
            let click = try await reader.follow(ofJane.click)
            #expect(click.status == 302)
            #expect(
                click.headers.first { $0.name.lowercased() == "location" }?.value
                    == "https://shop.example/?a=1&b=2")
            #expect(try await reader.follow(ofJane.open).status == 200)
            #expect(try await reader.clickOnce(ofJoe.unsubscribe).status == 200)

            let events = try await eventually("what the readers did") {
                let answer = try await cluster.api.with(token: tenant.apiKey).get(
                    "/v1/messages/\(id)/events")
                let kinds = Set(answer.json["data"].elements.compactMap { $0["type"].text })
                return kinds.isSuperset(of: ["opened", "clicked", "unsubscribed"]) ? answer.json["data"] : nil
            }
            let clicked = try #require(events.elements.first { $0["type"].text == "clicked" })
            #expect(clicked["metadata"]["url"].text == "https://shop.example/?a=1&b=2")
            let refused = try await caller.post(
                "/api/v1/messages", tenant.message("no", to: "joe@example.net"))
            #expect(refused.status == 400 && refused.text.contains("suppress"))
        }

        private struct Links {
            let open: String
            let click: String
            let unsubscribe: String
        }

        /// The paths of the links in a copy.
        private static func links(in copy: MailSink.Delivery) throws -> Links {
            let parsed = MIMEParser.parse(copy.message)
            let html = try #require(parsed.html)
            func path(_ marker: String, in text: String) throws -> String {
                let start = try #require(text.firstRange(of: marker))
                let rest = text[start.lowerBound...]
                return String(rest.prefix { !"\"'> \r\n".contains($0) })
            }
            let header = copy.header.replacing("\r\n\t", with: "").replacing("\r\n ", with: "")
            return Links(
                open: try path("/t/o/", in: html), click: try path("/t/c/", in: html),
                unsubscribe: try path("/u/", in: header))
        }
    }
}
