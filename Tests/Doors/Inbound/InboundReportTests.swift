import Admission
import Doors
import NodeProtocol
import Testing

/// What the door for reports makes of what it takes.
@Suite struct InboundReportTests {
    private let jane = "jane@example.org"

    @Test func `a bounce becomes a notice, and 250 comes behind it`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let reply = try await node.report(InboundReports.bounce(of: jane), to: intake.returnPath([jane]))
        #expect(reply.hasPrefix("250 "))
        let notice = try #require(intake.notices.first)
        #expect(intake.notices.count == 1)
        #expect(notice.proof.message == intake.message)
        #expect(notice.proof.tenant == MemoryInbound.tenant)
        #expect(notice.recipient == jane)
        #expect(notice.isCertain)
        #expect(!notice.namesOthers)
        #expect(notice.reporter == "mx.example")
        #expect(notice.kind == .bounced(code: 550, status: "5.1.1", text: "550 5.1.1 no such user"))
        #expect(intake.outcomes == [.bounce])
    }

    @Test(arguments: ["delivered", "relayed", "expanded", "delayed"])
    func `what a host reports of mail that it took over goes to the sender who wished for it`(action: String)
        async throws
    {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath([jane])
        let report = InboundReports.bounce(of: jane, action: action, status: "2.0.0")
        #expect(try await node.report(report, to: path).contains("nothing to record"))
        intake.wish(for: 1)
        #expect(try await node.report(report, to: path).contains("passed on to the sender"))
        #expect(intake.notices.isEmpty)
        #expect(intake.passedOn.map(\.action.rawValue) == [action, action])
        let outcome = try #require(intake.passedOn.first)
        #expect(outcome.addresses == [jane])
        #expect(outcome.reporter == "mx.example")
        #expect(intake.outcomes == [.ignored, .passedOn])
    }

    @Test func `a bounce is recorded and passed on, a complaint and an automatic answer are not`()
        async throws
    {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath([jane])
        intake.wish(for: 1)
        let reply = try await node.report(InboundReports.bounce(of: jane), to: path)
        #expect(reply.contains("bounce recorded"))
        #expect(intake.passedOn.count == 1)
        _ = try await node.report(InboundReports.complaint(original: "Return-Path: <\(path)>"), to: path)
        _ = try await node.report("Auto-Submitted: auto-replied\nSubject: away\n\nI am away", to: path)
        #expect(intake.passedOn.count == 1)
    }

    @Test func `a bounce that names others is told of the recipient, and says so`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath([jane])
        _ = try await node.report(InboundReports.bounce(of: "forward@else.example"), to: path)
        _ = try await node.report(
            InboundReports.bounce(of: "victim@else.example", original: "To: list@else.example"), to: path)
        #expect(intake.notices.map(\.recipient) == [jane, nil])
        #expect(intake.notices.map(\.namesOthers) == [true, true])
        #expect(intake.notices.map(\.isCertain) == [true, false])
    }

    @Test func `a bounce that names nobody is told of whoever is in the header, or of nobody`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath([jane])
        _ = try await node.report(InboundReports.bounce(of: nil), to: path)
        _ = try await node.report(InboundReports.bounce(of: nil, original: "Subject: x"), to: path)
        #expect(intake.notices.map(\.recipient) == [jane, nil])
        #expect(intake.notices.map(\.namesOthers) == [false, false])
    }

    @Test func `without tags the node's memory decides, and without that nothing is certain`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath((0..<4).map { "r\($0)@example.org" })
        _ = try await node.report(InboundReports.bounce(of: "r1@example.org"), to: path)
        intake.remember(["r0@example.org", "r1@example.org"])
        _ = try await node.report(InboundReports.bounce(of: "r1@example.org"), to: path)
        _ = try await node.report(InboundReports.bounce(of: "victim@example.org"), to: path)
        #expect(intake.notices.map(\.recipient) == ["r1@example.org", "r1@example.org", nil])
        #expect(intake.notices.map(\.isCertain) == [false, true, false])
    }

    @Test(arguments: ["delayed", "delivered", "relayed", "expanded"])
    func `what is no failure is taken and dropped`(action: String) async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let reply = try await node.report(
            InboundReports.bounce(of: jane, action: action), to: intake.returnPath([jane]))
        #expect(reply.hasPrefix("250 "))
        #expect(intake.notices.isEmpty)
        #expect(intake.outcomes == [.ignored])
    }

    @Test func `automatic answers are taken and dropped`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let reply = try await node.report(
            "From: \(jane)\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nAway.",
            to: intake.returnPath([jane]))
        #expect(reply.hasPrefix("250 "))
        #expect(intake.notices.isEmpty)
        #expect(intake.outcomes == [.autoReply])
    }

    @Test func `what people write is refused`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let reply = try await node.report(
            "From: \(jane)\nSubject: Re: Hi\n\nThank you!", to: intake.returnPath([jane]))
        #expect(reply.hasPrefix("550 5.7.1 "))
        #expect(intake.outcomes == [.refused])
    }

    @Test func `a report about another message than its address is refused`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath([jane])
        let other = MessageID(milliseconds: 1, node: 1, random: (1, 1))
        let reply = try await node.report(
            InboundReports.bounce(of: jane, original: "X-Dispatch-ID: \(other)"), to: path)
        #expect(reply.hasPrefix("550 5.7.1 "))
        let same = try await node.report(
            InboundReports.bounce(of: jane, original: "X-Dispatch-ID: \(intake.message)"), to: path)
        #expect(same.hasPrefix("250 "))
        #expect(intake.notices.count == 1)
    }

    @Test func `what the disk does not take is not acknowledged`() async throws {
        let intake = try MemoryInbound()
        intake.refuse(with: Refusal(.storageFull, "the disk is full"))
        let node = try InboundNode(intake)
        let reply = try await node.report(InboundReports.bounce(of: jane), to: intake.returnPath([jane]))
        #expect(reply.hasPrefix("452 4.3.1 "))
        #expect(intake.outcomes == [.failed])
    }

    // MARK: Complaints

    @Test func `a complaint to the return path becomes a notice`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let report = InboundReports.complaint(
            "fraud", fields: "Original-Rcpt-To: \(jane)", original: "Subject: Hi")
        #expect(try await node.report(report, to: intake.returnPath([jane])).hasPrefix("250 "))
        #expect(intake.notices.map(\.kind) == [.complained("fraud")])
        #expect(intake.notices.map(\.recipient) == [jane])
        #expect(intake.outcomes == [.complaint])
    }

    @Test(arguments: ["not-spam", "auth-failure"])
    func `a reader who is content, and a host that tells of signatures, change nothing`(
        type: String
    ) async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let report = InboundReports.complaint(type, original: "To: \(jane)")
        #expect(try await node.report(report, to: intake.returnPath([jane])).hasPrefix("250 "))
        #expect(intake.notices.isEmpty)
        #expect(intake.outcomes == [.ignored])
    }

    @Test func `a feedback loop's own address takes what proves itself inside`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath([jane])
        let id = "X-Dispatch-ID: \(intake.message)\nTo: \(jane)"
        let good = [
            InboundReports.complaint(original: "Return-Path: <\(path)>\n\(id)"),
            InboundReports.complaint(fields: "Original-Mail-From: <\(path)>", original: id),
        ]
        for report in good {
            #expect(try await node.report(report, to: "fbl@dispatch.example").hasPrefix("250 "))
        }
        #expect(intake.notices.map(\.recipient) == [jane, jane])
        let bad = [
            InboundReports.complaint(original: id),
            InboundReports.complaint(original: "Return-Path: <\(path)>"),
            InboundReports.complaint(original: "Return-Path: <\(path.replacing("@", with: "a@"))>\n\(id)"),
            InboundReports.bounce(of: jane, original: "Return-Path: <\(path)>\n\(id)"),
        ]
        for report in bad {
            #expect(try await node.report(report, to: "fbl@dispatch.example").hasPrefix("550 5.7.1 "))
        }
        #expect(intake.notices.count == 2)
    }
}
