import EventLoop
import Glibc

// For benchmarks and tests of a node alone, without a control plane.
let usage = """
    usage: node-fixture DIRECTORY [DOMAIN [TENANTS]]    makes the directory of a node
           node-fixture --grow COUNT DIRECTORY          copies what waits there until COUNT messages do
    """

func complain(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = Glibc.write(STDERR_FILENO, line, line.count)
}

func fail(_ error: any Error) -> Never {
    complain("node-fixture: \(error)")
    exit(1)
}

func grow(_ directory: String, to count: Int) throws -> Never {
    let loop = try EventLoop(name: "node-fixture")
    loop.start()
    loop.spawn {
        do {
            try await Backlog(directory: directory).grow(to: count)
            exit(0)
        } catch { fail(error) }
    }
    while true { pause() }
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch arguments.first {
    case "--grow" where arguments.count == 3 && Int(arguments[1]) != nil:
        try grow(arguments[2], to: Int(arguments[1]) ?? 0)
    case let directory? where (1...3).contains(arguments.count) && !directory.hasPrefix("-"):
        try Fixture(
            directory: directory, domain: arguments.count > 1 ? arguments[1] : "example.com",
            tenants: arguments.count > 2 ? Int(arguments[2]) ?? 1 : 1
        ).make()
    default:
        complain(usage)
        exit(64)
    }
} catch { fail(error) }
