import EventLoop
import Glibc

let usage = """
    bench-load: what the benchmarks load with. Prints one JSON object.

    bench-load http --target HOST:PORT --accounts FILE --to ADDRESS [--recipients N] [--text-bytes N]
                    [--rate N] [--count N] [--connections N] [--keyed]   requests of the ingestion API,
                    each with an Idempotency-Key of its own
    bench-load smtp --target HOST:PORT --from ADDRESS --domain NAME [--bytes N] [--ledger FILE]
                    [--rate N] [--count N] [--sessions N]         messages to m1@NAME, m2@NAME, …
    bench-load sink --listen HOST:PORT [--delay-ms N] [--rate N] [--sessions N] [--hang] [--ledger FILE]
    bench-load sign [--seconds N] [--bytes N]                     the cost of a DKIM signature
    bench-load report --target HOST:PORT --tenants FILE [--nodes N] [--messages N] [--batch-bytes N]
                      [--body-bytes N]                            reports of nodes, each of them twice
    bench-load report-keys [--nodes N]                            the nodes' numbers and public keys
    bench-load seal-domains --tenants FILE --master-key KEY       rows for COPY, a domain a tenant
    bench-load revoke --target HOST:PORT --nodes HOST:PORT,… --token TOKEN --tenants FILE [--count N]
    bench-load get --target HOST:PORT --token TOKEN --paths FILE  each line's path once
    bench-load compare --from LEDGER --to LEDGER                  how long from the one to the other

    Without --rate as fast as the answers come; with it N a second, and latencies count from when each was
    due. A ledger has a line for each recipient: the local part, and nanoseconds of the monotonic clock.
    """

func complain(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

func run(_ verb: String, _ arguments: consuming Arguments, on loop: EventLoop) async throws -> String {
    var arguments = arguments
    switch verb {
    case "http": return try await HTTPLoad(&arguments).run(on: loop)
    case "smtp": return try await MailLoad(&arguments).run(on: loop)
    case "sink":
        try await Sink(&arguments).run(on: loop)
        return "{}"
    case "report": return try await ReportLoad(&arguments).run(on: loop)
    case "report-keys": return try ReportLoad.keys(&arguments)
    case "seal-domains": return try SealedDomains.run(&arguments)
    case "revoke": return try await RevocationLoad(&arguments).run(on: loop)
    case "get": return try await PageLoad(&arguments).run()
    case "sign": return try Signing.run(&arguments)
    case "compare":
        let (from, to) = (try arguments.required("--from"), try arguments.required("--to"))
        try arguments.finish()
        return "{\(try Ledger.compare(from: from, to: to).summary())}"
    default: throw Arguments.Mistake(description: usage)
    }
}

do {
    let words = CommandLine.arguments.dropFirst()
    let arguments = try Arguments(words.dropFirst(), flags: ["--hang"])
    let loop = try EventLoop(name: "bench-load")
    loop.start()
    loop.spawn {
        do {
            print(try await run(words.first ?? "", arguments, on: loop))
            exit(0)
        } catch {
            complain("bench-load: \(error)")
            exit(1)
        }
    }
    while true { pause() }
} catch {
    complain("bench-load: \(error)")
    exit(64)
}
