import MailFormat
import NodeProtocol
import SMTPWire
import Testing

@testable import Admission

/// A message of the log that is sent once more.
@Suite struct AgainTests {
    private static let html =
        "<p><a href=\"http://x.example/?a=1&amp;b=2\">x</a> <a href='{{unsubscribe_url}}'>leave</a></p>"

    /// The submission that repeats what was admitted, as the log knows it.
    private func again(
        _ first: Admitted, _ change: (inout Submission.Again) -> Void = { _ in }
    ) -> Submission {
        let others = Set(first.cc + first.bcc)
        var again = Submission.Again(
            of: first.id, to: first.recipients.filter { !others.contains($0) }, cc: first.cc, bcc: first.bcc,
            message: first.message, isComposed: true)
        let asked = first.request?.recipients.isEmpty == false
        again.first = .init(
            envelopeSender: first.envelopeSender, links: first.links,
            request: first.request ?? EnvelopeRequest(), requested: asked ? first.recipients : [])
        change(&again)
        var submission = Submission(door: "emails", content: .again(again))
        submission.tracking = first.tracking
        submission.offersUnsubscribe = first.offersUnsubscribe
        submission.resentFrom = first.id
        return submission
    }

    private func tracked(_ change: (inout Submission.Composed) -> Void = { _ in }) -> Submission {
        var submission = composed { composed in
            composed.html = Self.html
            composed.text = "Leave: {{unsubscribe_url}}"
            change(&composed)
        }
        submission.tracking = .on
        submission.unsubscribe = .headersAndLink
        return submission
    }

    /// Kinds and texts of the places.
    private func places(_ admitted: Admitted) throws -> [String] {
        try #require(admitted.links.places(in: admitted.message.count)).map { place in
            "\(place.kind): " + String(decoding: admitted.message[place.range], as: UTF8.self)
        }
    }

    private func later(_ world: World) -> Int64 { world.now + 100_000 }

    @Test func `it has the places of the first, each where it is now`() throws {
        let world = try World(hasLinks: true)
        let first = try world.admit(tracked { $0.headers = [("X-Campaign", "spring")] })
        let second = try world.admit(again(first), now: later(world))
        #expect(second.id != first.id)
        #expect(try places(second) == places(first))
        #expect(try places(first).map { $0.prefix { $0 != ":" } }.contains("unsubscribe"))
        #expect(second.tracking == .on && second.offersUnsubscribe && second.resentFrom == first.id)
        let copies = try [first, second].map { admitted in
            let copies = try #require(MessageCopies(admitted.message, admitted.links))
            let copy = copies.copy(.init(open: "https://o", unsubscribe: "https://u") { "https://c?\($0)" })
            #expect(!String(decoding: copy, as: UTF8.self).contains("unsubscribe_url"))
            #expect(try MessageHeaders(copy).value("List-Unsubscribe") == "<https://u>")
            return MIMEParser.parse(copy)
        }
        #expect(copies[0].html == copies[1].html && copies[0].plainText == copies[1].plainText)
        let third = try world.admit(again(second), now: later(world) + 100_000)
        #expect(try places(third) == places(first))
    }

    @Test func `who switched one of them off has it off again`() throws {
        let world = try World(hasLinks: true)
        for tracking in [Submission.Tracking.off, .init(opens: true, clicks: false)] {
            var submission = tracked()
            submission.tracking = tracking
            submission.unsubscribe = .none
            let first = try world.admit(submission)
            let second = try world.admit(again(first), now: later(world))
            #expect(second.tracking == tracking && !second.offersUnsubscribe)
            #expect(try places(second) == places(first))
            // The letters are the author's when nobody asked for a link.
            #expect(second.text.contains("{{unsubscribe_url}}"))
        }
    }

    @Test func `what the envelope asked for is asked for again, for the same recipients`() throws {
        let world = try World(hasLinks: true)
        var wish = RecipientParameters()
        wish.notify = [.success, .failure]
        var asked = EnvelopeRequest()
        (asked.requiresTLS, asked.returnedContent, asked.envelopeID) = (true, .full, "e1")
        asked.recipients = [RecipientParameters(), wish]
        let finished = raw(
            ["From: ann@one.example", "Cc: c@x.example"], sender: "bounce@one.example",
            to: ["c@x.example", "joe@x.example"])
        guard case .raw(var content) = finished.content else { return }
        content.request = asked
        let first = try world.admit(Submission(door: "smtp", content: .raw(content)))
        #expect(first.request == asked && first.cc == ["c@x.example"])
        let second = try world.admit(again(first) { $0.isComposed = false }, now: later(world))
        #expect(second.recipients == ["joe@x.example", "c@x.example"])
        #expect(second.request?.recipients == [wish, RecipientParameters()])
        #expect(second.request?.requiresTLS == true && second.request?.returnedContent == .full)
        #expect(second.request?.envelopeID == "e1" && second.envelopeSender == "bounce@one.example")
        // Of a recipient who is suppressed by now nothing is left, and the others keep what is theirs.
        let third = try World(suppressed: ["joe@x.example"]).admit(again(first), now: later(world))
        #expect(third.recipients == ["c@x.example"] && third.suppressed == ["joe@x.example"])
        #expect(third.request?.recipients == [RecipientParameters()])
        let bounce = raw(["From: ann@one.example"], sender: nil)
        let quiet = try world.admit(again(try world.admit(bounce)), now: later(world))
        #expect(quiet.envelopeSender.isEmpty && quiet.request == nil)
    }

    @Test func `the envelope's sender must still be the tenant's`() throws {
        let world = try World()
        let first = try world.admit(raw(["From: ann@one.example"]))
        let refusal = world.refusal(of: again(first) { $0.first?.envelopeSender = "x@two.example" })
        #expect(refusal?.code == .domainNotVerified)
    }

    @Test func `without keys it leaves untracked, unless a link would be missing`() throws {
        let world = try World(hasLinks: true)
        let (keyless, now) = (try World(), later(world))
        let needing = try world.admit(tracked())
        #expect(keyless.refusal(of: again(needing))?.code == .missingVariable)
        let first = try world.admit(tracked { ($0.html, $0.text) = ("<a href=http://x.example>x</a>", "x") })
        let second = try keyless.admit(again(first), now: now)
        #expect(second.links.isEmpty && second.tracking == .off && !second.offersUnsubscribe)
        #expect(!first.links.isEmpty)
    }

    @Test func `of what an earlier version kept only the header is known`() throws {
        let world = try World(hasLinks: true)
        let first = try world.admit(tracked())
        let second = try world.admit(again(first) { $0.first = nil }, now: later(world))
        #expect(try places(second) == ["listUnsubscribe: "])
        #expect(second.tracking == .off && second.offersUnsubscribe && second.request == nil)
        #expect(second.envelopeSender == "ann@one.example")
        let copies = try #require(MessageCopies(second.message, second.links))
        let copy = copies.copy(.init(open: nil, unsubscribe: "https://u") { _ in nil })
        #expect(try MessageHeaders(copy).value("List-Unsubscribe") == "<https://u>")
    }

    @Test func `places of another message are refused`() throws {
        let world = try World(hasLinks: true)
        let first = try world.admit(tracked())
        for packed in [[0xFF], LinkPlaces([LinkPlace(.pixel, 1 << 30..<1 << 30)]).packed] as [[UInt8]] {
            let refusal = world.refusal(of: again(first) { $0.first?.links = LinkPlaces(packed: packed) })
            #expect(refusal?.code == .invalid)
        }
    }

    @Test func `what a captured mail was shown with does not leave`() throws {
        let world = try World()
        let first = try world.admit(composed())
        let shown = Array("Return-Path: <ann@one.example>\r\n".utf8) + first.message
        let second = try world.admit(
            again(first) { ($0.message, $0.first) = (shown, nil) }, now: later(world))
        #expect(!second.text.contains("Return-Path"))
    }
}
