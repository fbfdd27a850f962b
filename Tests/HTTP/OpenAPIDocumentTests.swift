import FoundationEssentials
import Testing

@testable import HTTP

@Suite struct OpenAPIDocumentTests {
    private struct Document: Decodable {
        struct Operation: Decodable {
            struct Parameter: Decodable {
                let name: String
                let `in`: String
            }
            let summary: String
            let description: String?
            let parameters: [Parameter]?
            let responses: [String: [String: Anything]]
        }
        struct Anything: Decodable { init(from decoder: any Decoder) throws {} }
        let openapi: String
        let paths: [String: [String: Operation]]
    }

    @Test func `every route is in the document with its parameters, bodies and answers`() throws {
        var router = Router()
        let mail = Schema.object([
            "to": Schema.array(.string.example("a@b.example")).required.described("Recipients"),
            "subject": .string.example("Hello"),
            "kind": .choice("plain", "rich"), "meta": .map(of: .string), "at": .dateTime.nullable,
        ]).named("Mail")
        router.on(
            .post, "/v1/mail/{id}",
            RouteInfo(
                summary: "Send", scope: "emails:send", parameters: [.query("limit", .integer)],
                requestSchema: mail,
                responses: [.init(202, "Queued", mail), .init(400, "Refused")])
        ) { _ in .empty() }
        router.on(.get, "/files/{path...}", RouteInfo(summary: "Files", authentication: .none)) { _ in
            .empty()
        }
        let part = OpenAPIDocument.Part(title: "T", version: "1", routes: router.routes)
        let bytes = try OpenAPIDocument.make(part) { _ in
            .init(schema: .record(["error": .string])) { $0.uppercased() }
        }
        let document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        #expect(document.openapi == "3.1.0")
        #expect(document.paths.keys.sorted() == ["/files/{path}", "/v1/mail/{id}"])
        let send = try #require(document.paths["/v1/mail/{id}"]?["post"])
        #expect(send.parameters?.map(\.name) == ["id", "limit"])
        #expect(send.parameters?.map(\.in) == ["path", "query"])
        #expect(send.description == "Needs the scope `emails:send`.")
        #expect(
            send.responses.keys.sorted() == [
                "202", "400", "401", "403", "404", "413", "415", "429", "500", "503",
            ])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(#""$ref":"#))
        #expect(text.contains(##""$ref":"#/components/schemas/Mail""##))
        #expect(text.contains(#""required":["to"]"#))
        #expect(text.contains(#""type":["string","null"]"#))
        #expect(text.contains(#""enum":["plain","rich"]"#))
        #expect(text.contains(#""x-dispatch-access":"scope emails:send""#))
        #expect(text.contains("`SCOPE_MISSING`"))
        #expect(text.contains(#""example":{"subject":"Hello","to":["a@b.example"]}"#))
    }

    @Test func `a record has every field that is not optional, and its example too`() throws {
        let item = Schema.record([
            "id": .uuid, "name": .string.example("n"), "at": .dateTime.nullable, "count": .integer,
            "kind": .choice("a", "b"), "note": .string.optional, "extra": .string.optional.example("e"),
        ]).named("Item")
        #expect(
            try Schema.record(["data": .array(item)]).example() == [
                "data": [
                    [
                        "id": "0f8fad5b-d9cb-469f-a165-70867728950e", "name": "n", "at": nil, "count": 0,
                        "kind": "a", "extra": "e",
                    ]
                ]
            ])
        #expect(throws: MissingExample.self) { try Schema.record(["a": .string]).example() }
        #expect(try item.with(["more": .boolean]).example() != item.example())
    }
}
