import EventLoop
import Glibc
import Service

/// The command line of `mta-node`.
package enum NodeCommand {
    private static let about = """
        A node of Dispatch: accepts, stores, signs, delivers and reports.

        mta-node run                   serve until SIGTERM
        mta-node join --token TOKEN    make this directory a node of the cluster; once
        mta-node join --token-file F   the same with the token out of a file, - for standard input
        mta-node spool …               look into a spool, or take over another node's; spool --help
        mta-node classify REPLY        say what an SMTP reply means, and which rule says so
        """

    package static func run() -> Never {
        ProcessMemory.prepare()
        Lifecycle.prepareSignals()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "spool" { inspectSpool(Array(arguments.dropFirst())) }
        if arguments.first == "classify", arguments.count > 1 {
            end(ClassifyCommand.explain(arguments.dropFirst().joined(separator: " ")), 0)
        }
        var reader = SettingsReader(
            environment: SettingsReader.processEnvironment, program: "mta-node",
            alsoKnown: ["DISPATCH_URL", "DISPATCH_TOKEN"])
        let settings = NodeSettings(reading: &reader)
        if let (text, code) = reader.answer(to: arguments, about: about) { end(text, code) }
        do { try reader.finish() } catch { end("\(error)", SettingsError.exitCode) }
        LogSink.standardError.level = settings.service.logLevel
        let log = Log(component: "node")
        do {
            switch arguments.first {
            case "run" where arguments.count == 1: try serve(settings, log)
            case "join" where arguments.count == 3 && arguments[1] == "--token":
                try join(settings, token: arguments[2])
            case "join" where arguments.count == 3 && arguments[1] == "--token-file":
                try join(settings, token: token(from: arguments[2]))
            case "spool": try adopt(settings, Array(arguments.dropFirst()), log)
            default: end("usage: \(about)", 64)
            }
        } catch { end("mta-node: \(error)", 1) }
    }

    private static func serve(_ settings: NodeSettings, _ log: Log) throws -> Never {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let group = try EventLoopGroup(count: settings.loops > 0 ? settings.loops : Int(cores), name: "loop")
        Lifecycle.runAndExit(
            services: [NodeService(settings: settings, group: group, log: log)], on: group.loops[0],
            stopDeadline: settings.service.stopDeadline, log: log)
    }

    /// Looking needs no settings; returns for what does.
    private static func inspectSpool(_ words: [String]) {
        guard SpoolCommand.needsNoSettings(words) else { return }
        do { exit(try SpoolCommand.inspect(words)) } catch let misuse as SpoolTool.Misuse {
            end("mta-node: \(misuse.description)\n\n\(SpoolCommand.usage)", 64)
        } catch { end("mta-node: \(error)", 1) }
    }

    private static func adopt(_ settings: NodeSettings, _ words: [String], _ log: Log) throws -> Never {
        let loop = try EventLoop(name: "adopt")
        loop.start()
        loop.spawn {
            do {
                let code = try await SpoolCommand.adopt(words, settings, on: loop, log)
                LogSink.standardError.flush()
                exit(code)
            } catch { end("mta-node: \(error)", 1) }
        }
        while true { pause() }
    }

    private static func join(_ settings: NodeSettings, token: String) throws -> Never {
        let loop = try EventLoop(name: "join")
        loop.start()
        loop.spawn {
            do { end(try await Join.run(settings: settings, token: token, on: loop), 0) } catch {
                end("mta-node: \(error)", 1)
            }
        }
        while true { pause() }
    }

    /// A token on the command line is seen by everybody on the machine; one out of a file is not.
    private static func token(from path: String) throws -> String {
        let files = NodeFiles(directory: "/")
        guard let bytes = try files.read(path == "-" ? "/dev/stdin" : path) else {
            throw NodeService.Failure(description: "\(path) does not exist")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.prefix { !$0.isWhitespace })
    }

    private static func end(_ text: String, _ code: Int32) -> Never {
        let line = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        _ = write(code == 0 ? STDOUT_FILENO : STDERR_FILENO, line, line.count)
        LogSink.standardError.flush()
        exit(code)
    }
}
