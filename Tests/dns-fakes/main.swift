import DNSFakes
import FoundationEssentials
import Glibc

let usage = """
    Usage: dns-fakes [--control PORT] [--cloudflare PORT] [--route53 PORT] [--clouddns PORT]
                     [--name-server PORT] [--until-input-ends]

    Plays Cloudflare (API v4), Route 53 (2013-04-01) and Cloud DNS (v1, with Google's token endpoint) on
    127.0.0.1 and serves what they accepted from a real name server (knotd, which must be installed). A port
    that is not given is any free one. When all of it works, one line of JSON with the addresses is printed.
    It ends at SIGTERM or SIGINT, or with its standard input if --until-input-ends is given.

    By HTTP on the control port:

    \(DNSFakes.controlHelp)
    """

func end(_ text: String, _ code: Int32) -> Never {
    let line = Array((text + "\n").utf8)
    _ = write(code == 0 ? STDOUT_FILENO : STDERR_FILENO, line, line.count)
    exit(code)
}

var ports = DNSFakes.Ports()
var endsWithInput = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    if argument == "--help" || argument == "-h" { end(usage, 0) }
    if argument == "--until-input-ends" {
        endsWithInput = true
        continue
    }
    guard let port = arguments.popFirst().flatMap({ UInt16($0) }) else { end(usage, 64) }
    switch argument {
    case "--control": ports.control = port
    case "--cloudflare": ports.cloudflare = port
    case "--route53": ports.route53 = port
    case "--clouddns": ports.cloudDNS = port
    case "--name-server": ports.nameServer = port
    default: end(usage, 64)
    }
}

// The name server is ended, and its folder removed, by the watchdog that notices the end of this process.
for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
signal(SIGPIPE, SIG_IGN)

do {
    let fakes = try await DNSFakes(ports: ports)
    try fakes.startControl(port: ports.control)
    let line = String(decoding: try JSONEncoder().encode(fakes.addresses), as: UTF8.self)
    print(line)
    fflush(nil)
    if endsWithInput {
        while readLine() != nil {}
    } else {
        while true { pause() }
    }
    exit(0)
} catch {
    end("dns-fakes: \(error)", 1)
}
