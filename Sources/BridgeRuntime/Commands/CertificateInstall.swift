package import Configuration
import LinuxIO

/// Puts new files in the place of the configured ones and keeps those as `.old`.
package enum CertificateInstall {
    /// One file: where it is now and which it replaces.
    package struct Change: Equatable, Sendable {
        /// The key of `[remote] tls`: `ca`, `certificate` or `key`.
        package var key: String
        /// The new file.
        package var new: String
        /// The configured file; nil: none is.
        package var configured: String?

        /// Whether there is anything to do.
        package var isChange: Bool { new != configured }
    }

    /// What replaces what; absolute paths.
    package static func changes(_ old: Configuration.RemoteTLS, _ new: Configuration.RemoteTLS) -> [Change] {
        [("ca", old.ca, new.ca), ("certificate", old.certificate, new.certificate), ("key", old.key, new.key)]
            .compactMap { key, configured, new in
                new.map { Change(key: key, new: $0, configured: configured) }
            }
            .filter(\.isChange)
    }

    /// Replaces the files, each at once or not at all. Each configured file must be known.
    package static func run(_ changes: [Change]) throws(CommandFailure) {
        do throws(SystemError) {
            var contents: [(path: String, bytes: [UInt8])] = []
            // All copies first: after that every file is there whole in both versions, whatever happens.
            for change in changes {
                guard let path = change.configured else { continue }
                contents.append((path, try Files.read(change.new, limit: 1 << 20)))
                try Files.writeAtomically(path + ".old", Files.read(path, limit: 1 << 20), like: path)
            }
            // The service's user goes on reading them: mode and owner stay.
            for (path, bytes) in contents { try Files.writeAtomically(path, bytes, like: path) }
        } catch {
            throw CommandFailure(
                .cannotCreate,
                "\(error): the configured files are not all replaced; the former ones are beside them as .old")
        }
    }
}
