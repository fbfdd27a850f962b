import Testing

@testable import ControlPlane

@Suite struct MembersTests {
    @Test func `members come by address, get another role, and go with their tokens`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let guest = try await api.person()
        let added = try await api.call(
            "POST", made.path + "/members", token: made.owner,
            json: #"{"email":"\#(guest.email)","role":"member"}"#)
        #expect(added.status == 201)
        #expect(added.data["subject"].text == guest.subject)
        #expect(try await api.call("GET", made.path, token: guest.token).status == 200)
        let twice = try await api.call(
            "POST", made.path + "/members", token: made.owner,
            json: #"{"email":"\#(guest.email)","role":"admin"}"#)
        #expect(twice.status == 409)
        let path = made.path + "/members/\(guest.subject)"
        let raised = try await api.call("PUT", path, token: made.owner, json: #"{"role":"admin"}"#)
        #expect(raised.data["role"].text == "admin")
        let list = try await api.call("GET", made.path + "/members", token: guest.token)
        #expect(list.data.elements.count == 2)
        #expect(try await api.call("DELETE", path, token: made.owner).status == 200)
        #expect(try await api.call("GET", made.path, token: guest.token).status == 401)
    }

    @Test func `an admin makes no owner, and the last owner stays`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let guest = try await api.person()
        _ = try await api.call(
            "POST", made.path + "/members", token: made.owner,
            json: #"{"subject":"\#(guest.subject)","role":"admin"}"#)
        let claim = try await api.call(
            "PUT", made.path + "/members/\(guest.subject)", token: guest.token, json: #"{"role":"owner"}"#)
        #expect(claim.status == 403 && claim.field == "role")
        let list = try await api.call("GET", made.path + "/members", token: made.owner)
        let owner = try #require(list.data.elements.first { $0["role"].text == "owner" }?["subject"].text)
        let remove = try await api.call("DELETE", made.path + "/members/\(owner)", token: made.owner)
        #expect(remove.status == 400 && remove.code == "LAST_OWNER")
        let byAdmin = try await api.call("DELETE", made.path + "/members/\(owner)", token: guest.token)
        #expect(byAdmin.status == 403)
    }

    @Test func `who has no account here cannot be invited by address`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let unknown = try await api.call(
            "POST", made.path + "/members", token: made.owner,
            json: #"{"email":"x@nowhere.example","role":"viewer"}"#)
        #expect(unknown.status == 400 && unknown.field == "email")
        let neither = try await api.call(
            "POST", made.path + "/members", token: made.owner, json: #"{"role":"viewer"}"#)
        #expect(neither.status == 400 && neither.field == "subject")
        let role = try await api.call(
            "POST", made.path + "/members", token: made.owner, json: #"{"subject":"s","role":"king"}"#)
        #expect(role.status == 400 && role.field == "role")
    }
}
