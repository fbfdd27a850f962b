import HTTP
import NodeProtocol
import Testing

@testable import Doors

/// Who counts as a machine, and by which rule.
@Suite struct MachineReadersTests {
    @Test(arguments: [
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "google_image_proxy"
        ),
        ("Mozilla/5.0", "apple_mail_privacy"), ("Mozilla/5.0  ", "apple_mail_privacy"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "yahoo_mail_proxy"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bot"),
        ("BarracudaCentral", "barracuda"), ("Mimecast URL Scanner", "mimecast"),
        ("Proofpoint URL Defense", "proofpoint"), ("facebookexternalhit/1.1", "link_preview"),
        ("SkypeUriPreview Preview/0.5", "link_preview"), ("curl/8.5.0", "http_library"),
        ("python-requests/2.31", "http_library"), ("", "no_user_agent"), ("   ", "no_user_agent"),
    ])
    func `a program that says what it is is taken for it`(agent: String, reason: String) {
        #expect(MachineReaders.reason(userAgent: agent) == reason)
    }

    @Test(arguments: [
        LinkBench.browser,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "Thunderbird/140.0",
        "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36",
    ])
    func `programs of people are people`(agent: String) {
        #expect(MachineReaders.reason(userAgent: agent) == nil)
    }

    @Test func `who asks for the head alone, or ahead of time, is none`() async throws {
        let bench = try LinkBench()
        let token = try bench.links.token(.click, target: "https://x.example/")
        let head = try await bench.ask(.head, "/t/c/\(token)")
        #expect(head.status == 302)
        #expect(bench.links.visits.last?.reader.machineReason == "head_request")
        let ahead: HTTPHeaders = ["User-Agent": LinkBench.browser, "Sec-Purpose": "prefetch;prerender"]
        let bench2 = try LinkBench()
        _ = try await bench2.ask(.get, "/t/c/\(token)", headers: ahead)
        #expect(bench2.links.visits.last?.reader.machineReason == "prefetch")
    }

    @Test func `who follows every link of a message within seconds is none either`() async throws {
        let bench = try LinkBench()
        for number in 0..<5 {
            let token = try bench.links.token(.click, target: "https://x.example/\(number)")
            _ = try await bench.ask(.get, "/t/c/\(token)")
        }
        let reasons = bench.links.visits.map(\.reader.machineReason)
        #expect(reasons == [nil, nil, "links_in_a_burst", "links_in_a_burst", "links_in_a_burst"])
    }

    @Test func `each rule is in lower case, or it could never fit`() {
        for rule in MachineReaders.rules {
            #expect(rule.text == rule.text.lowercased())
            #expect(MachineReaders.reason(userAgent: "x \(rule.text)") != nil)
        }
    }
}
