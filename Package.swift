// swift-tools-version: 6.3
import PackageDescription

// The arrows of the design, in one place: a target may import what its line names, and nothing else.
// `Tests/Tidy` reads this file and fails when an import breaks an arrow.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func shim(_ name: String, in folder: String, links: [String]) -> Target {
    .target(
        name: name, path: "\(folder)/C/\(name)",
        cSettings: [.unsafeFlags(["-std=c23", "-Wall", "-Wextra", "-Werror"])],
        linkerSettings: links.map { .linkedLibrary($0) })
}

func module(_ name: String, in folder: String, _ uses: [String]) -> Target {
    .target(
        name: name, dependencies: uses.map { .init(stringLiteral: $0) }, path: "\(folder)/\(name)",
        swiftSettings: strict)
}

func program(_ name: String, in folder: String, _ uses: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: uses.map { .init(stringLiteral: $0) }, path: "\(folder)/\(name)",
        swiftSettings: strict)
}

func tests(_ name: String, _ uses: [String]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: uses.map { .init(stringLiteral: $0) }, path: "Tests/\(name)",
        swiftSettings: strict)
}

let common: [Target] = [
    shim("CLinux", in: "Common", links: []),
    shim("COpenSSL", in: "Common", links: ["ssl", "crypto"]),
    shim("CCurl", in: "Common", links: ["curl"]),
    module("Bytes", in: "Common", []),
    module("EventLoop", in: "Common", ["CLinux", "COpenSSL"]),
    module("Crypto", in: "Common", ["COpenSSL"]),
    module("Times", in: "Common", []),
    module("HTTP", in: "Common", ["Bytes", "EventLoop", "CLinux", "Times"]),
    module("HTTPClient", in: "Common", ["EventLoop", "CCurl"]),
    module("Relay", in: "Common", ["EventLoop", "HTTP", "HTTPClient", "NodeProtocol", "Templates", "Times"]),
    module("DNS", in: "Common", ["EventLoop"]),
    module("SMTPWire", in: "Common", ["Bytes"]),
    module("MailFormat", in: "Common", ["Bytes", "Times"]),
    module("Templates", in: "Common", []),
    module("MailAuth", in: "Common", ["Bytes", "Crypto"]),
    module("NodeProtocol", in: "Common", ["Crypto"]),
    module("Service", in: "Common", ["EventLoop", "Times"]),
]

let dataPlane: [Target] = [
    module(
        "Admission", in: "DataPlane",
        ["NodeProtocol", "MailFormat", "SMTPWire", "Crypto", "Templates", "Times"]),
    module("Spool", in: "DataPlane", ["CLinux", "EventLoop", "NodeProtocol", "Service"]),
    module("Journal", in: "DataPlane", ["Spool", "NodeProtocol", "EventLoop", "Service"]),
    module("Queue", in: "DataPlane", ["NodeProtocol"]),
    module(
        "Delivery", in: "DataPlane",
        [
            "EventLoop", "DNS", "HTTPClient", "SMTPWire", "MailFormat", "MailAuth", "Crypto", "NodeProtocol",
            "Service", "Times",
        ]),
    module(
        "Doors", in: "DataPlane",
        [
            "Bytes", "EventLoop", "HTTP", "Relay", "SMTPWire", "MailFormat", "Admission", "NodeProtocol",
            "Crypto", "Service", "Templates", "Times",
        ]),
    module(
        "Node", in: "DataPlane",
        [
            "EventLoop", "HTTP", "HTTPClient", "Relay", "DNS", "MailFormat", "MailAuth", "Crypto",
            "NodeProtocol",
            "SMTPWire", "Service", "Admission", "Spool", "Journal", "Queue", "Delivery", "Doors",
            "Times",
        ]),
    program("mta-node", in: "DataPlane", ["Node", "EventLoop", "Service"]),
]

let controlPlane: [Target] = [
    shim("CPostgres", in: "ControlPlane", links: ["pq"]),
    module("Postgres", in: "ControlPlane", ["CPostgres", "EventLoop", "Service"]),
    .target(
        name: "Schema", path: "ControlPlane/Schema",
        cSettings: [.unsafeFlags(["-std=c23", "-Wall", "-Wextra", "-Werror"])]),
    module(
        "DNSProviders", in: "ControlPlane", ["EventLoop", "HTTPClient", "Crypto", "MailAuth", "Service"]),
    module(
        "ControlPlane", in: "ControlPlane",
        [
            "EventLoop", "HTTP", "HTTPClient", "Relay", "DNS", "MailFormat", "MailAuth", "Crypto",
            "NodeProtocol", "Service", "Postgres", "Schema", "DNSProviders", "Templates", "Times",
        ]),
    program("control-plane", in: "ControlPlane", ["ControlPlane", "EventLoop", "Service"]),
    program(
        "dispatch", in: "ControlPlane",
        ["ControlPlane", "EventLoop", "HTTPClient", "NodeProtocol", "Service"]),
]

let tools: [Target] = [
    program("mail-catcher", in: "infra", ["EventLoop", "HTTP", "SMTPWire", "Service", "Crypto"])
]

let testTargets: [Target] = [
    program(
        "node-fixture", in: "Tests/Benchmarks",
        ["Node", "NodeProtocol", "Crypto", "EventLoop", "Spool", "Journal"]),
    program(
        "bench-load", in: "Tests/Benchmarks",
        ["EventLoop", "SMTPWire", "MailAuth", "Crypto", "NodeProtocol"]),
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),
    module(
        "Simulator", in: "Tests",
        [
            "CLinux", "EventLoop", "DNS", "NodeProtocol", "Spool", "Journal", "Queue", "Delivery", "SMTPWire",
            "Admission", "MailFormat", "Node", "Doors", "HTTP",
            "Crypto", "Service", "TestSupport",
        ]),
    program("simulate", in: "Tests", ["Simulator", "EventLoop"]),
    tests("Simulation", ["Simulator", "EventLoop", "NodeProtocol", "Spool", "TestSupport"]),
    module("DNSFakes", in: "Tests", ["EventLoop", "HTTP", "Crypto", "TestSupport"]),
    program("dns-fakes", in: "Tests", ["DNSFakes"]),
    tests("Fakes", ["DNSFakes", "DNS", "HTTP", "HTTPClient", "EventLoop", "Crypto", "TestSupport"]),
    tests("Bytes", ["Bytes", "TestSupport"]),
    tests("EventLoop", ["EventLoop", "TestSupport"]),
    tests("Crypto", ["Crypto", "TestSupport"]),
    tests("Times", ["Times"]),
    tests("HTTP", ["HTTP", "EventLoop", "TestSupport"]),
    tests("HTTPClient", ["HTTPClient", "HTTP", "EventLoop", "TestSupport"]),
    tests("DNS", ["DNS", "EventLoop", "TestSupport"]),
    tests("SMTPWire", ["SMTPWire", "TestSupport"]),
    tests("MailFormat", ["MailFormat", "TestSupport"]),
    tests("Templates", ["Templates", "TestSupport"]),
    tests("MailAuth", ["MailAuth", "MailFormat", "Crypto", "TestSupport"]),
    tests("NodeProtocol", ["NodeProtocol", "Crypto", "TestSupport"]),
    tests("Service", ["Service", "EventLoop", "TestSupport"]),
    tests(
        "Admission",
        ["Admission", "NodeProtocol", "MailFormat", "SMTPWire", "Crypto", "Templates", "TestSupport"]),
    tests("Spool", ["Spool", "NodeProtocol", "EventLoop", "Service", "TestSupport"]),
    tests("Journal", ["Journal", "Spool", "NodeProtocol", "EventLoop", "Service", "TestSupport"]),
    tests("Queue", ["Queue", "NodeProtocol", "TestSupport"]),
    tests(
        "Delivery",
        [
            "Delivery", "MailAuth", "SMTPWire", "DNS", "EventLoop", "HTTP", "HTTPClient", "NodeProtocol",
            "Service", "TestSupport",
        ]),
    tests(
        "Node",
        [
            "Node", "NodeProtocol", "Queue", "Delivery", "Doors", "Admission", "MailFormat", "MailAuth",
            "SMTPWire", "Spool", "EventLoop", "HTTP", "Crypto", "Service", "TestSupport",
        ]),
    tests(
        "Doors",
        [
            "Doors", "Admission", "HTTP", "Relay", "SMTPWire", "MailFormat", "EventLoop", "NodeProtocol",
            "Crypto", "Service", "TestSupport",
        ]),
    tests("Postgres", ["Postgres", "Schema", "EventLoop", "TestSupport"]),
    tests(
        "DNSProviders",
        ["DNSProviders", "EventLoop", "HTTPClient", "HTTP", "Crypto", "MailAuth", "Service", "TestSupport"]),
    tests(
        "ControlPlane",
        [
            "ControlPlane", "DNSProviders", "DNSFakes", "Postgres", "EventLoop", "HTTP", "HTTPClient",
            "Relay",
            "NodeProtocol", "Crypto", "Service", "TestSupport",
        ]),
    tests(
        "Integration",
        [
            "TestSupport", "DNSFakes", "EventLoop", "HTTP", "HTTPClient", "SMTPWire", "MailFormat",
            "MailAuth", "DNS", "Crypto", "NodeProtocol",
        ]),
    tests("Tidy", ["TestSupport"]),
]

let package = Package(
    name: "Dispatch",
    products: [
        .executable(name: "mta-node", targets: ["mta-node"]),
        .executable(name: "control-plane", targets: ["control-plane"]),
        .executable(name: "dispatch", targets: ["dispatch"]),
        .executable(name: "mail-catcher", targets: ["mail-catcher"]),
        .executable(name: "node-fixture", targets: ["node-fixture"]),
        .executable(name: "bench-load", targets: ["bench-load"]),
        .executable(name: "dns-fakes", targets: ["dns-fakes"]),
    ],
    targets: common + dataPlane + controlPlane + tools + testTargets
)
