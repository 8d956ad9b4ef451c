import Glibc
public import LinuxIO

/// A fresh directory, removed with everything in it when this goes.
public final class TemporaryDirectory {
    /// Its full path, without a slash at the end.
    public let path: String

    /// Makes a directory only we may enter, under TMPDIR or /tmp.
    public init(_ name: String = "cellbridge") throws(SystemError) {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(name).XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemError("mkdtemp", base) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? Files.removeTree(path) }

    /// The path of `name` in it.
    public func file(_ name: String) -> String { path + "/" + name }
}
