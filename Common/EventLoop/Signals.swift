import CLinux
import Glibc

/// Signals as something that a task waits for.
package enum Signals {
    /// Keeps the signals from their default action in this thread and those that it starts: call first in
    /// `main`.
    package static func block(_ signals: [Int32]) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// The next of the given, blocked signals.
    package static func wait(for signals: [Int32], on loop: EventLoop) async -> Int32 {
        let fd = clinux_signalfd(signals, Int32(signals.count))
        guard fd >= 0 else { preconditionFailure("signalfd: \(SystemError.last("signalfd"))") }
        defer { close(fd) }
        var info = signalfd_siginfo()
        while true {
            if read(fd, &info, MemoryLayout<signalfd_siginfo>.size) > 0 { return Int32(info.ssi_signo) }
            _ = try? await loop.waitReadable(fd, timeout: nil)
        }
    }
}
