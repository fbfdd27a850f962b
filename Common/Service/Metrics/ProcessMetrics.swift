import Glibc

/// What the kernel knows of this process, under the names that Prometheus clients commonly use.
package enum ProcessMetrics {
    package static func declare(in registry: MetricsRegistry) {
        registry.gauge(
            "process_resident_memory_bytes", help: "Memory of the process that is resident, in bytes."
        ) {
            Double(statistics("/proc/self/statm", field: 1) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE)))
        }
        registry.gauge("process_open_fds", help: "Open file descriptors.") { Double(openDescriptors()) }
        registry.gauge("process_max_fds", help: "The most file descriptors that the process may open.") {
            var limit = rlimit()
            return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
                ? Double(limit.rlim_cur) : 0
        }
        registry.counter(
            "process_cpu_seconds_total", help: "Processor time used, user and system, in seconds."
        ) {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let startSeconds = Double(Timestamp.nowMilliseconds()) / 1_000
        registry.gauge(
            "process_start_time_seconds", help: "When the process started, as Unix time in seconds."
        ) {
            startSeconds
        }
    }

    /// A number of a one-line file of /proc, by its position.
    private static func statistics(_ path: String, field: Int) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let fields = bytes[..<count].split(separator: UInt8(ascii: " "))
        return fields.count > field ? Int(String(decoding: fields[field], as: UTF8.self)) : nil
    }

    private static func openDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not counted: ".", "..", and the descriptor that reads the folder.
        return max(0, count - 3)
    }
}
