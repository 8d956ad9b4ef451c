import CLinuxShims
import Glibc

/// Says that a directory is ours: a lock on the file `lock` in it, given back when this goes or the process ends.
public final class DirectoryLock {
    /// Why the directory could not be had.
    public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// Another process (or another lock of this one) has it; `pid` as far as it is known.
        case held(directory: String, pid: Int32?)
        /// The file could not be made, opened or locked.
        case system(SystemError)

        /// In words, for people.
        public var description: String {
            switch self {
            case .held(let directory, let pid?): "\(directory) is in use by process \(pid)"
            case .held(let directory, nil): "\(directory) is in use by another process"
            case .system(let error): error.description
            }
        }
    }

    private let file: DescriptorReference

    /// Locks `directory`, which must exist, without waiting.
    public init(_ directory: String) throws(Failure) {
        let path = directory + "/lock"
        do throws(SystemError) {
            file = try DescriptorReference(OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW))
        } catch {
            throw .system(error)
        }
        guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw .system(SystemError("flock", path)) }
            throw .held(directory: directory, pid: DirectoryLock.holder(path))
        }
        // For people and for the message above; the lock itself is the kernel's. The file stays: removing it would
        // let two processes lock two files of the same name.
        guard ftruncate(file.raw, 0) == 0 else { throw .system(SystemError("ftruncate", path)) }
        do throws(SystemError) {
            _ = try file.descriptor.write(Array("\(getpid())\n".utf8)[...])
        } catch {
            throw .system(error)
        }
    }

    private static func holder(_ path: String) -> Int32? {
        guard let bytes = try? Files.read(path, limit: 32) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
    }
}
