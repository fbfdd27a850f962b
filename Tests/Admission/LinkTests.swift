import MailFormat
import NodeProtocol
import Templates
import Testing

@testable import Admission

/// Links of a message that are its recipients' own: when there are any, and what is noted of them.
@Suite struct LinkTests {
    private static let html = "<p><a href=\"http://x.example/\">x</a></p>"

    private func kinds(
        _ world: World, _ change: (inout Submission) -> Void, _ content: (inout Submission.Composed) -> Void
    ) throws -> [LinkPlace.Kind] {
        var submission = composed { composed in
            composed.html = Self.html
            content(&composed)
        }
        change(&submission)
        let admitted = try world.admit(submission)
        return try #require(admitted.links.places(in: admitted.message.count)).map(\.kind)
    }

    @Test func `opens and clicks are tracked as asked, each for itself`() throws {
        let world = try World(hasLinks: true)
        for (tracking, places) in [
            (Submission.Tracking.off, []), (.on, [.click, .pixel]),
            (.init(opens: true, clicks: false), [.pixel]), (.init(opens: false, clicks: true), [.click]),
        ] as [(Submission.Tracking, [LinkPlace.Kind])] {
            #expect(try kinds(world, { $0.tracking = tracking }, { _ in }) == places)
            var submission = composed { $0.html = Self.html }
            submission.tracking = tracking
            #expect(try world.admit(submission).tracking == tracking)
        }
        #expect(try kinds(world, { $0.tracking = .on }, { $0.html = nil }) == [])
        var finished = raw(["From: ann@one.example", "Content-Type: text/html"], body: Self.html + "\r\n")
        finished.tracking = .on
        let admitted = try world.admit(finished)
        #expect(admitted.links.isEmpty && admitted.tracking == .off && !admitted.offersUnsubscribe)
    }

    @Test func `without keys nothing is tracked, and that is noted`() throws {
        let world = try World()
        var submission = composed { $0.html = Self.html }
        submission.tracking = .on
        submission.unsubscribe = .headersAndLink
        let admitted = try world.admit(submission)
        #expect(admitted.links.isEmpty && admitted.tracking == .off && !admitted.offersUnsubscribe)
        #expect(admitted.message == (try world.admit(composed { $0.html = Self.html })).message)
    }

    @Test func `what is stored is what the sender wrote, with places that lie in it`() throws {
        let world = try World(hasLinks: true)
        var submission = composed { $0.html = Self.html }
        submission.tracking = .on
        submission.unsubscribe = .headersAndLink
        let admitted = try world.admit(submission)
        let parsed = MIMEParser.parse(admitted.message)
        #expect(parsed.html == Self.html)
        #expect(parsed.plainText == "Hi")
        #expect(!admitted.text.contains("List-Unsubscribe"))
        let places = try #require(admitted.links.places(in: admitted.message.count))
        #expect(
            places.map(\.kind) == [.listUnsubscribe, .unsubscribeLine, .click, .unsubscribeParagraph, .pixel])
        let click = try #require(places.first { $0.kind == .click })
        #expect(String(decoding: admitted.message[click.range], as: UTF8.self) == "http://x.example/")
        #expect(admitted.message[..<places[0].range.lowerBound].suffix(2).elementsEqual("\r\n".utf8))
    }

    @Test func `a header of the caller's to unsubscribe by stands alone`() throws {
        let world = try World(hasLinks: true)
        let kinds = try kinds(world, { $0.offersUnsubscribe = true }) {
            $0.headers = [("List-Unsubscribe", "<https://one.example/leave>")]
        }
        #expect(kinds == [])
    }

    @Test func `only List-Unsubscribe itself takes the place of the service's`() throws {
        let world = try World(hasLinks: true)
        for name in ["List-Unsubscribe-Post", "list-unsubscribe-reason"] {
            var submission = composed { $0.headers = [(name, "List-Unsubscribe=One-Click")] }
            submission.offersUnsubscribe = true
            let admitted = try world.admit(submission)
            let places = try #require(admitted.links.places(in: admitted.message.count))
            #expect(places.map(\.kind) == [.listUnsubscribe])
            // The service adds that one itself, and a message has it once.
            #expect(admitted.text.contains(name) == (name != "List-Unsubscribe-Post"))
        }
        let alone = try world.admit(
            composed { $0.headers = [("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")] })
        #expect(alone.text.contains("List-Unsubscribe-Post"))
    }

    @Test func `a template's variable is the link, and asks for no header`() throws {
        let world = try World(hasLinks: true)
        let fill: (inout Submission.Composed) -> Void = {
            $0.fillsPlaceholders = true
            $0.html = "<a href=\"{{unsubscribe_url}}\">leave</a>"
            $0.text = "leave: {{ unsubscribe_url }}"
        }
        #expect(try kinds(world, { _ in }, fill) == [.unsubscribe, .unsubscribe])
        #expect(
            try kinds(world, { $0.unsubscribe = .headersAndLink }, fill)
                == [.listUnsubscribe, .unsubscribe, .unsubscribe])
        // The caller's own value counts more.
        let own = try kinds(world, { _ in }) {
            fill(&$0)
            $0.variables = ["unsubscribe_url": .text("https://one.example/leave")]
        }
        #expect(own == [])
        let refusal = try World().refusal(of: composed(fill))
        #expect(refusal?.code == .missingVariable)
    }

    @Test func `the literal is the link where unsubscribing is offered, else a text like any other`() throws {
        let world = try World(hasLinks: true)
        let write: (inout Submission.Composed) -> Void = { $0.text = "leave: {{unsubscribe_url}}" }
        #expect(try kinds(world, { $0.offersUnsubscribe = true }, write) == [.listUnsubscribe, .unsubscribe])
        #expect(try kinds(world, { _ in }, write) == [])
    }
}
