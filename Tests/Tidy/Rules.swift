/// What the house style forbids, and what to write instead.
enum Rules {
    struct Ban: Sendable {
        let token: String
        let instead: String
        /// Files that may, by path; nil for none.
        var except: (@Sendable (String) -> Bool)?
    }

    static let maxLineCharacters = 110
    static let maxFileLines = 400

    /// Files that may be longer, each with its reason.
    static let longFiles: [String: String] = [:]

    /// What every target may import beside its line in the manifest.
    static let everywhere: Set<String> = ["Swift", "FoundationEssentials", "Glibc", "Synchronization"]
    static let inTests: Set<String> = ["Testing"]

    /// Targets that may promise the compiler what it cannot check.
    static let uncheckedTargets: Set<String> = ["EventLoop", "Crypto", "Postgres", "HTTPClient", "Spool"]

    static let bans: [Ban] = [
        Ban(token: "Task.sleep", instead: "EventLoop.sleep: time comes from the loop's timers"),
        Ban(token: "try!", instead: "try with an error that the caller handles: a trap is an outage"),
        Ban(token: "as!", instead: "as? with a guard: a trap is an outage"),
        Ban(token: "DispatchQueue", instead: "EventLoop or BlockingPool"),
        Ban(token: "URLSession", instead: "HTTPClient"),
        Ban(token: "fatalError(", instead: "a thrown error, or precondition for a programmer's mistake"),
        Ban(token: "usleep(", instead: "EventLoop.sleep", except: { $0.hasPrefix("Tests/") }),
        Ban(token: "print(", instead: "Log", except: mayPrint),
    ]

    /// Command-line programs talk to their user by printing, and tests to whoever runs them.
    @Sendable private static func mayPrint(_ path: String) -> Bool {
        path.hasPrefix("ControlPlane/dispatch/") || path.hasPrefix("ControlPlane/ControlPlane/Command/")
            || path.hasPrefix("infra/mail-catcher/") || path.hasSuffix("/main.swift")
            || path.hasPrefix("Tests/")
    }
}
