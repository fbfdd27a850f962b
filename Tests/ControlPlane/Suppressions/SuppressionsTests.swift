import Testing

@testable import ControlPlane

@Suite struct SuppressionsTests {
    @Test func `an address is suppressed once, whatever its case, and taken off again`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let path = made.path + "/suppressions"
        let first = try await api.call(
            "POST", path, token: made.owner, json: #"{"email":"Joe@EXAMPLE.com","reason":"User requested removal"}"#)
        #expect(first.status == 201)
        #expect(first.data["email"].string == "joe@example.com")
        #expect(first.data["source"].string == "manual")
        let second = try await api.call("POST", path, token: made.owner, json: #"{"email":"joe@example.com"}"#)
        #expect(second.status == 200)
        #expect(second.data["id"] == first.data["id"])
        let list = try await api.call("GET", path + "?limit=1&offset=0", token: made.owner)
        #expect(list.body["pagination"]["total"].int == 1)
        #expect(list.body["pagination"]["total_pages"].int == 1)
        let id = try #require(first.data["id"].string)
        #expect(try await api.call("DELETE", path + "/\(id)", token: made.owner).status == 200)
        #expect(try await api.call("GET", path, token: made.owner).data.items.isEmpty)
    }

    @Test func `bad addresses and limits are refused by name`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let path = made.path + "/suppressions"
        let address = try await api.call("POST", path, token: made.owner, json: #"{"email":"joe"}"#)
        #expect(address.status == 400 && address.field == "email")
        for (query, field) in [("limit=101", "limit"), ("limit=x", "limit"), ("offset=-1", "offset"), ("page=0", "page")] {
            let answer = try await api.call("GET", "\(path)?\(query)", token: made.owner)
            #expect(answer.status == 400 && answer.field == field)
        }
    }
}
