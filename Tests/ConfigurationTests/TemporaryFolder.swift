import Glibc

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/cellbridge-configuration-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template)
        precondition(unsafe made != nil, "no temporary folder")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            _ = unsafe unlink(path + "/" + name)
        }
        unsafe closedir(folder)
        _ = unsafe rmdir(path)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ content: String, mode: mode_t = 0o600) -> String {
        let file = path + "/" + name
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, mode)
        precondition(descriptor >= 0, "cannot write \(file)")
        let bytes = Array(content.utf8)
        precondition(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        // The process may have a umask.
        fchmod(descriptor, mode)
        close(descriptor)
        return file
    }
}
