import Glibc

/// A failed system call: which one, on what, and the errno it left.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The C function that failed, e.g. `open`.
    public var call: String
    /// What it was applied to (a path, an address), empty when there is nothing to say.
    public var subject: String
    /// The errno value.
    public var code: Int32

    /// The error the last system call of this thread left in errno.
    public init(_ call: String, _ subject: String = "") {
        self.init(call, subject, code: errno)
    }

    /// An error for `call` on `subject` with errno `code`.
    public init(_ call: String, _ subject: String = "", code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// The system's own words for `code`, e.g. `No such file or directory`.
    public var reason: String { unsafe String(cString: strerror(code)) }

    /// In words, for people.
    public var description: String {
        subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)"
    }
}
