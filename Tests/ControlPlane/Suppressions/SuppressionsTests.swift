import TestSupport
import Testing

@testable import ControlPlane

@Suite struct SuppressionsTests {
    @Test func `an address is suppressed once, whatever its case, and taken off again`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let path = made.path + "/suppressions"
        let first = try await api.call(
            "POST", path, token: made.owner,
            json: #"{"email":"Joe@EXAMPLE.com","reason":"User requested removal"}"#)
        #expect(first.status == 201)
        #expect(first.data["email"].text == "joe@example.com")
        #expect(first.data["source"].text == "manual")
        let second = try await api.call(
            "POST", path, token: made.owner, json: #"{"email":"joe@example.com"}"#)
        #expect(second.status == 200)
        #expect(second.data["id"] == first.data["id"])
        let list = try await api.call("GET", path + "?limit=1&offset=0", token: made.owner)
        #expect(list.body["pagination"]["total"].integer == 1)
        #expect(list.body["pagination"]["total_pages"].integer == 1)
        let id = try #require(first.data["id"].text)
        #expect(try await api.call("DELETE", path + "/\(id)", token: made.owner).status == 200)
        #expect(try await api.call("GET", path, token: made.owner).data.elements.isEmpty)
    }

    @Test func `bad addresses and limits are refused by name`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let path = made.path + "/suppressions"
        let address = try await api.call("POST", path, token: made.owner, json: #"{"email":"joe"}"#)
        #expect(address.status == 400 && address.field == "email")
        for (query, field) in [
            ("limit=101", "limit"), ("limit=x", "limit"), ("offset=-1", "offset"), ("page=0", "page"),
        ] {
            let answer = try await api.call("GET", "\(path)?\(query)", token: made.owner)
            #expect(answer.status == 400 && answer.field == field)
        }
    }
}

@Suite struct SuppressionListsTests {
    @Test func `a list is taken in as a whole and given out again`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let path = made.path + "/suppressions"
        let file =
            "email,reason\r\nA@x.example,\"said \"\"no\"\", twice\"\r\n\nb@x.example\na@X.example,again\n"
        let taken = try await api.call("POST", path + "/import", token: made.owner, json: file)
        #expect(taken.status == 200)
        #expect(taken.data["added"].integer == 2)
        let bad = try await api.call(
            "POST", path + "/import", token: made.owner, json: "c@x.example\nnonsense\n")
        #expect(bad.status == 400 && bad.field == "line 2")
        let list = try await api.call("GET", path, token: made.owner)
        #expect(list.body["pagination"]["total"].integer == 2)
        #expect(try await api.call("GET", path + "/export", token: made.owner).status == 200)
    }

    @Test func `CSV is read and printed as spreadsheets have it`() throws {
        let file = Array("\u{FEFF}a,\"b\r\nc\",\"\"\r\n,\n\"x\"\r".utf8)
        let rows = try CSV.rows(file, maxRows: 3, maxFields: 3)
        #expect(rows.map(\.fields) == [["a", "b\r\nc", ""], ["", ""], ["x"]])
        #expect(rows.map(\.line) == [1, 3, 4])
        #expect(CSV.printed("=1+1,\"x\"") == "\"'=1+1,\"\"x\"\"\"")
        #expect(throws: CSV.Malformation(line: 1, reason: "has a quotation mark that is not closed")) {
            try CSV.rows(Array("\"a".utf8), maxRows: 9, maxFields: 9)
        }
        #expect(throws: CSV.Malformation(line: 2, reason: "has text behind a quoted field")) {
            try CSV.rows(Array("a\n\"b\"c".utf8), maxRows: 9, maxFields: 9)
        }
    }

    @Test func `rows and fields are counted while they are read`() throws {
        #expect(throws: CSV.Malformation(line: 3, reason: "is one too many: 2 are the limit")) {
            try CSV.rows(Array("a\nb\nc\n\"never read".utf8), maxRows: 2, maxFields: 4)
        }
        #expect(throws: CSV.Malformation(line: 2, reason: "has more than 4 fields")) {
            try CSV.rows(Array("a,b,c,d\n,,,,\"never read".utf8), maxRows: 2, maxFields: 4)
        }
    }
}

@Suite(.enabled(if: TestPostgres.isInstalled)) struct SuppressionLimitTests {
    @Test func `a list does not grow beyond what nodes take`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let tenant = try await control.tenant(token)
        let path = "/api/v1/dispatch/tenants/\(tenant)/suppressions"
        func add(_ address: String) async throws -> ServiceFixture.Answer {
            try await control.call("POST", path, token: token, json: #"{"email":"\#(address)"}"#)
        }
        let first = try await add("a@x.example")
        #expect(try await control.count("SELECT entries AS n FROM suppression_totals") == 1)
        #expect(try await control.count("SELECT bytes AS n FROM suppression_totals") == 11)
        try await control.asOwner(
            "UPDATE suppression_totals SET entries = \(SuppressionLimit.maxEntries - 1)")
        #expect(try await add("b@x.example").status == 201)
        let beyond = try await add("c@x.example")
        #expect(beyond.status == 400 && beyond.code == "LIMIT_REACHED")
        #expect(try await add("b@x.example").status == 200)
        let list = try await control.call("POST", path + "/import", token: token, json: "d@x.example\n")
        #expect(list.status == 400)
        #expect(list.code == "LIMIT_REACHED")
        #expect(try await control.count("SELECT count(*) AS n FROM suppressions") == 2)
        let id = try #require(first.data["id"].text)
        #expect(try await control.call("DELETE", "\(path)/\(id)", token: token).status == 200)
        #expect(try await add("c@x.example").status == 201)
        try await control.asOwner("UPDATE suppression_totals SET bytes = \(SuppressionLimit.maxBytes)")
        #expect(try await add("e@x.example").code == "LIMIT_REACHED")
        await control.stop()
    }

    @Test func `reports go on when the list is full`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        try await control.asOwner(
            "INSERT INTO suppression_totals VALUES (\(tenant.uuid), \(SuppressionLimit.maxEntries + 1), 0)")
        let events = Story(tenant: tenant, node: node.number).deliveredAndBounced()
        #expect(try await node.report(events).body["acknowledged"].integer == events.count)
        #expect(try await control.count("SELECT count(*) AS n FROM suppressions") == 0)
        #expect(try await control.count("SELECT count(*) AS n FROM events") == events.count)
        await node.stop()
        await control.stop()
    }
}
