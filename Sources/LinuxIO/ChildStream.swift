import CLinuxShims
import Glibc

/// One standard stream of a child to be: the end it gets, and ours when it is a pipe.
struct ChildStream {
    /// For the child; closed here when this value goes.
    let child: DescriptorReference?
    /// Our end, non-blocking.
    let ours: DescriptorReference?

    /// What the child gets, -1 to inherit.
    var childRaw: Int32 { child?.raw ?? -1 }

    init(_ stream: ChildProcess.Stream, isInput: Bool) throws(SystemError) {
        switch stream {
        case .inherit:
            child = nil
            ours = nil
        case .null:
            child = try DescriptorReference(OwnedDescriptor.open("/dev/null", flags: O_RDWR))
            ours = nil
        case .file(let path):
            let flags = isInput ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
            child = try DescriptorReference(OwnedDescriptor.open(path, flags: flags))
            ours = nil
        case .pipe:
            var ends: (Int32, Int32) = (-1, -1)
            guard unsafe cellbridge_pipe(&ends.0, &ends.1) == 0 else { throw SystemError("pipe2") }
            let reading = DescriptorReference(OwnedDescriptor(owning: ends.0))
            let writing = DescriptorReference(OwnedDescriptor(owning: ends.1))
            child = isInput ? reading : writing
            let mine = isInput ? writing : reading
            // A child that reads no more is an error of the write, not the end of this process.
            if isInput { signal(SIGPIPE, SIG_IGN) }
            try mine.descriptor.setNonBlocking()
            ours = mine
        }
    }
}

extension ChildProcess {
    /// Starts `path` with the three streams and returns its pid.
    static func spawn(_ path: String, _ options: Options, _ streams: [ChildStream]) throws(SystemError) -> Int32 {
        let words = [options.executable] + options.arguments
        let settings = options.environment.map { $0.map { "\($0.key)=\($0.value)" }.sorted() }
        let texts = words + (settings ?? []) + [options.workingDirectory ?? ""]
        guard !texts.contains(where: { $0.utf8.contains(0) }) else { throw SystemError("execve", path, code: EINVAL) }
        var flags: Int32 = 0
        if options.diesWithParent { flags |= Int32(CELLBRIDGE_DIES_WITH_PARENT) }
        if options.ownGroup { flags |= Int32(CELLBRIDGE_OWN_GROUP) }

        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var environment = unsafe (settings ?? []).map { unsafe strdup($0) } + [nil]
        let directory = unsafe options.workingDirectory.map { unsafe strdup($0) } ?? nil
        defer {
            // By index: the formatter takes the `unsafe` out of a `for unsafe … in`.
            for index in unsafe arguments.indices { unsafe free(arguments[index]) }
            for index in unsafe environment.indices { unsafe free(environment[index]) }
            unsafe free(directory)
        }
        var code: Int32 = 0
        let pid = withExtendedLifetime(streams) {
            let raw = streams.map(\.childRaw)
            let pid = unsafe environment.withUnsafeMutableBufferPointer { list in
                unsafe cellbridge_spawn(
                    path, &arguments, settings == nil ? nil : list.baseAddress, directory, raw[0], raw[1], raw[2], flags
                )
            }
            code = errno
            return pid
        }
        guard pid > 0 else { throw SystemError("execve", path, code: code) }
        return pid
    }
}
