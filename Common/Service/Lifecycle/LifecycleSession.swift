import EventLoop

/// One run of the services. All of it happens on one loop: the task that starts and stops them, the signals,
/// the deadline. Whichever comes first decides the exit code; the rest is ignored.
final class LifecycleSession {
    private let services: [any LifecycleService]
    private let loop: EventLoop
    private let stopDeadline: Duration
    private let log: Log
    private var signalCount = 0
    private var code: Int32?
    private var signalWaiter: CheckedContinuation<Void, Never>?
    private var codeWaiter: CheckedContinuation<Int32, Never>?

    init(services: [any LifecycleService], loop: EventLoop, stopDeadline: Duration, log: Log) {
        self.services = services
        self.loop = loop
        self.stopDeadline = stopDeadline
        self.log = log
    }

    /// Starts the services, waits for a signal, stops them.
    func work() async {
        var started: [any LifecycleService] = []
        for service in services where signalCount == 0 {
            do {
                try await service.start()
                started.append(service)
                log.debug("service started", ["service": .string(service.name)])
            } catch {
                log.error(
                    "service could not start", ["service": .string(service.name), "error": .error(error)])
                armDeadline()
                await stop(started)
                return finish(Lifecycle.ExitCode.startFailed)
            }
        }
        if signalCount == 0 {
            ServiceManagerNotice.ready()
            log.info("ready")
            await withCheckedContinuation { signalWaiter = $0 }
        }
        await stop(started)
        log.info("stopped")
        finish(Lifecycle.ExitCode.stopped)
    }

    /// The first signal begins the stop, the second ends the run.
    func received(signal: Int32) {
        signalCount += 1
        guard signalCount == 1 else {
            log.warning("second signal: ending at once", ["signal": .int(Int(signal))])
            return finish(Lifecycle.ExitCode.secondSignal)
        }
        log.info("stopping", ["signal": .int(Int(signal))])
        ServiceManagerNotice.stopping()
        armDeadline()
        signalWaiter?.resume()
        signalWaiter = nil
    }

    func exitCode() async -> Int32 {
        if let code { return code }
        return await withCheckedContinuation { codeWaiter = $0 }
    }

    private func stop(_ started: [any LifecycleService]) async {
        for service in started.reversed() {
            log.debug("stopping service", ["service": .string(service.name)])
            await service.stop()
        }
    }

    private func armDeadline() {
        let session = LoopBound(self, on: loop)
        _ = loop.after(stopDeadline) {
            session.value.log.error("services did not stop within the deadline")
            session.value.finish(Lifecycle.ExitCode.deadlinePassed)
        }
    }

    private func finish(_ code: Int32) {
        guard self.code == nil else { return }
        self.code = code
        codeWaiter?.resume(returning: code)
        codeWaiter = nil
    }
}
