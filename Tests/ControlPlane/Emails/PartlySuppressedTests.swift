import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// A message that went to some, and not to others who are on the suppression list.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct PartlySuppressedTests {
    @Test(arguments: [true, false])
    func `is delivered in every dialect, and a recipient who was left out is listed`(inOneReport: Bool)
        async throws
    {
        let stage = try await LogStage()
        var story = stage.story()
        story.apiKey = try #require(UUID(uuidString: stage.keyID))
        let records = [
            story.accepted(to: ["alice@example.org"]),
            EventRecord(story.event(.suppressed, to: "gone@example.org", after: 0)),
            EventRecord(story.event(.delivered, to: "alice@example.org")),
        ]
        if inOneReport {
            try await stage.report(records)
        } else {
            for record in records { try await stage.report([record]) }
        }
        let tenants = "/api/v1/dispatch/tenants/\(stage.tenant)/emails"
        for (path, list) in [
            (tenants, "data"), ("/v1/messages", "data"), ("/api/v1/emails", "data"),
            ("/api/v1/messages", "messages"),
        ] {
            let one = try await stage.get("\(path)/\(story.message)").body
            #expect((one["data"]["status"].text ?? one["status"].text) == "delivered", "\(path)")
            let delivered = try await stage.get("\(path)?status=delivered").body[list]
            #expect(delivered.elements.count == 1, "\(path)")
            #expect(try await stage.get("\(path)?status=failed").body[list].elements.isEmpty, "\(path)")
        }
        let shown = try await stage.get("/api/v1/messages/\(story.message)").body["recipients"].elements
        #expect(shown.map { $0["address"].text } == ["alice@example.org", "gone@example.org"])
        #expect(shown.map { $0["status"].text } == ["delivered", "failed"])
        await stage.stop()
    }
}
