import Glibc

/// Sets a variable of this process, or takes it out.
func setEnvironment(_ name: String, _ value: String?) {
    if let value { setenv(name, value, 1) } else { unsetenv(name) }
}
