import Glibc

/// Brings what was printed to whoever reads, also through a pipe.
func flushOutput() { _ = fflush(nil) }

/// Says what is going on, on standard error and only when somebody watches.
func progress(_ text: String) {
    guard isatty(2) == 1 else { return }
    let bytes = Array("\r\u{1B}[K\(text)".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}
