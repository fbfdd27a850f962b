import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct MessagesDomainsTests {
    @Test func `a domain asks for its records and tells what was found of each`() async throws {
        let caller = try await KeyCaller.make()
        let name = "d\(UUID().text.prefix(8)).example"
        let made = try await caller.call("POST", "/domains", #"{"domain":"\#(name)"}"#)
        #expect(made.status == 201 && made.data["status"] == "pending", "\(made.body)")
        let id = try #require(made.data["id"].text)
        let records = made.data["dns_records"].elements
        #expect(records.count == 6 && records.allSatisfy { $0["status"] == "unchecked" })
        let before = try await caller.call("POST", "/domains/\(id)/verify")
        #expect(before.data["verified"] == false)
        #expect(before.data["dns_records"][0]["status"] == "missing")
        for record in records {
            let host = record["host"].text ?? ""
            caller.api.publish(
                record["record_type"] == "MX" ? "MX \(host)" : host, .found([record["expected"].text ?? ""]))
        }
        let after = try await caller.call("POST", "/domains/\(id)/verify")
        #expect(after.data["verified"] == true && after.data["status"] == "verified")
        #expect(after.data["dns_records"].elements.allSatisfy { $0["status"] == "ok" })
        #expect(after.data["dns_records"][0]["found"] == [records[0]["expected"]])
        #expect(try await caller.call("GET", "/domains/\(id)").data == after.data)
        #expect(try await caller.asOwner("GET", "/domains/\(id)").data["domain"]["verified"] == true)

        for (query, count) in [("", 1), ("?status=verified", 1), ("?status=pending", 0), ("?offset=1", 0)] {
            let list = try await caller.call("GET", "/domains\(query)")
            #expect(list.data.elements.count == count, "\(query)")
        }
        #expect(try await caller.call("GET", "/domains?status=odd").field == "status")
        let twice = try await caller.call("POST", "/domains", #"{"domain":"\#(name)"}"#)
        #expect(twice.status == 409 && twice.code == "already_exists" && twice.field == "domain")
        #expect(try await caller.call("POST", "/domains", #"{"domain":"com"}"#).status == 400)

        let stranger = try await KeyCaller.make()
        for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/verify")] {
            #expect(try await stranger.call(method, "/domains/\(id)\(path)").status == 404)
        }
        let gone = try await caller.call("DELETE", "/domains/\(id)")
        #expect(gone.data == ["id": .string(id), "deleted": true])
        #expect(try await caller.call("GET", "/domains/\(id)").status == 404)
    }
}
