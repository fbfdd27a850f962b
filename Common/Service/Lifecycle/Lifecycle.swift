import EventLoop
import Glibc

/// Runs a program's services from start to signal to stop.
///
/// Services start in order, each after the one before it works, and stop in reverse order on SIGTERM or
/// SIGINT. A service that cannot start ends the program after the ones that had started were stopped.
/// Stopping has a deadline; a second signal ends the program at once. systemd hears READY=1 after the last
/// start and STOPPING=1 at the signal.
///
/// Exit codes: 0 stopped in order, 1 a service could not start, 70 the deadline passed, 78 the settings were
/// wrong (`SettingsError.exitCode`), 130 a second signal.
package enum Lifecycle {
    package enum ExitCode {
        package static let stopped: Int32 = 0
        package static let startFailed: Int32 = 1
        package static let deadlinePassed: Int32 = 70
        package static let secondSignal: Int32 = 130
    }

    package static let stopSignals: [Int32] = [SIGTERM, SIGINT]

    /// Call it first thing in a program, before any thread starts: signals that stop are then received by
    /// `run` alone, and a write to a closed pipe or socket is an error instead of the end of the process.
    package static func prepareSignals() {
        Signals.block(stopSignals)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Runs the services on a started loop and ends the process. For `main.swift`, whose thread it keeps.
    package static func runAndExit(
        services: [any LifecycleService], on loop: EventLoop, stopDeadline: Duration = .seconds(30), log: Log
    ) -> Never {
        loop.spawn {
            let code = await run(services: services, on: loop, stopDeadline: stopDeadline, log: log)
            // At once: without waiting for whoever reads the log, as exit would.
            if code == ExitCode.secondSignal { _exit(code) }
            exit(code)
        }
        while true { pause() }
    }

    /// Runs the services and gives the exit code. Any thread.
    package static func run(
        services: [any LifecycleService], on loop: EventLoop, stopDeadline: Duration = .seconds(30), log: Log
    ) async -> Int32 {
        await run(services: services, on: loop, stopDeadline: stopDeadline, log: log) {
            await Signals.wait(for: stopSignals, on: loop)
        }
    }

    static func run(
        services: [any LifecycleService], on loop: EventLoop, stopDeadline: Duration, log: Log,
        nextSignal: @escaping @Sendable () async -> Int32
    ) async -> Int32 {
        let session = try? await loop.run {
            LoopBound(
                LifecycleSession(services: services, loop: loop, stopDeadline: stopDeadline, log: log),
                on: loop)
        }
        guard let session else { return ExitCode.startFailed }
        loop.spawn { await session.value.work() }
        loop.spawn {
            for _ in 1...2 { session.value.received(signal: await nextSignal()) }
        }
        let code = try? await loop.run { await session.value.exitCode() }
        return code ?? ExitCode.startFailed
    }
}
