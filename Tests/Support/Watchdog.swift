import Glibc
import Synchronization

/// Cleans up after the test process however it ends: a small shell that reads a pipe and, when the pipe
/// closes because the process is gone, ends the children that were still running and removes the folders that
/// were still there.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    /// One line a fact: `child PID`, `server PID` (ended gently, waited for), `gone PID`, `folder PATH`.
    private static let script = """
        trap '' INT TERM HUP
        while IFS= read -r line; do
            case $line in
            'gone '*) facts=$(printf '%s\\n' "$facts" | grep -vxE "(child|server) ${line#gone }") ;;
            *) facts=$facts'
        '$line ;;
            esac
        done
        each() { printf '%s\\n' "$facts" | while IFS= read -r line; do
            case $line in "$1 "*) $2 "${line#"$1 "}" ;; esac
        done; }
        # Without a "--" before the number, which the kill of dash takes for one.
        end_child() { kill -KILL "-$1"; }
        end_server() {
            kill -QUIT "$1"; i=0
            while kill -0 "$1" && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
            kill -KILL "$1"
        }
        remove() { rm -rf -- "$1"; }
        each child end_child
        each server end_server
        each folder remove
        """

    private let pipeEnd: Int32
    private let writing = Mutex(())

    private init() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            pipeEnd = -1
            return
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        _ = try? Spawn.start(
            ["/bin/sh", "-c", Self.script], environment: ["PATH": path], folder: "/", input: ends[0],
            newSession: true)
        close(ends[0])
        pipeEnd = ends[1]
        signal(SIGPIPE, SIG_IGN)
    }

    func endAtEnd(child: pid_t) { tell("child \(child)") }
    func endAtEnd(server: pid_t) { tell("server \(server)") }
    func forget(_ process: pid_t) { tell("gone \(process)") }
    func removeAtEnd(folder: String) { tell("folder \(folder)") }

    private func tell(_ fact: String) {
        writing.withLock { _ in
            let line = Array("\(fact)\n".utf8)
            _ = write(pipeEnd, line, line.count)
        }
    }
}
