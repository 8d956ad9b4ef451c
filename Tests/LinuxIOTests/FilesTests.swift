import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@Suite struct FilesTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func whatIsWrittenIsReadWithItsMode() throws {
        let path = directory.file("state")
        try Files.writeAtomically(path, [], mode: 0o600)
        #expect(try Files.read(path, limit: 0).isEmpty)
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        try Files.writeAtomically(path, bytes, mode: 0o640)
        #expect(try Files.read(path, limit: bytes.count) == bytes)
        #expect(Files.permissions(path) == 0o640)
        #expect(try Files.list(directory.path) == ["state"])
    }

    @Test func modeAndOwnerCanBeThoseOfAnotherFile() throws {
        let (model, path) = (directory.file("model"), directory.file("copy"))
        try Files.writeAtomically(model, [1], mode: 0o640)
        try Files.writeAtomically(path, [2], like: model)
        #expect(try Files.read(path, limit: 1) == [2])
        #expect(Files.permissions(path) == 0o640)
        if getuid() == 0 {
            #expect(unsafe chown(model, 12, 34) == 0)
            try Files.writeAtomically(path, [3], like: model)
            var status = stat()
            #expect(unsafe stat(path, &status) == 0)
            #expect(status.st_uid == 12 && status.st_gid == 34)
        }
        #expect(throws: SystemError("stat", path + "x", code: ENOENT)) {
            try Files.writeAtomically(path, [], like: path + "x")
        }
    }

    @Test func overTheLimitIsAnError() throws {
        let path = directory.file("big")
        try Files.writeAtomically(path, [1, 2, 3])
        #expect(throws: SystemError("read", path, code: EFBIG)) { _ = try Files.read(path, limit: 2) }
    }

    @Test func aWriteThatFailsLeavesTheOldFileAndNoDraft() throws {
        let path = directory.file("taken")
        try Files.makeDirectories(path + "/inside")
        #expect(throws: SystemError("rename", path, code: EISDIR)) { try Files.writeAtomically(path, [1]) }
        #expect(try Files.list(directory.path) == ["taken"])
    }

    @Test func directoriesAreMadeAndRemovedWhole() throws {
        let path = directory.file("a/b//c/")
        try Files.makeDirectories(path, mode: 0o750)
        try Files.makeDirectories(path)
        #expect(Files.isDirectory(path))
        #expect(Files.permissions(path) == 0o750)
        try Files.writeAtomically(path + "/file", [1])
        try Files.removeTree(directory.file("a"))
        try Files.removeTree(directory.file("a"))
        #expect(!Files.exists(directory.file("a")))
        try Files.writeAtomically(directory.file("a"), [1])
        #expect(throws: SystemError.self) { try Files.makeDirectories(path) }
    }

    @Test func aTreeIsRemovedWithoutFollowingLinks() throws {
        let kept = directory.file("kept")
        try Files.makeDirectories(kept)
        try Files.writeAtomically(kept + "/file", [1])
        let tree = directory.file("tree")
        try Files.makeDirectories(tree)
        try #require(unsafe symlink(kept, tree + "/link") == 0)
        try Files.removeTree(tree)
        #expect(Files.exists(kept + "/file"))
    }

    @Test func aPathWithANulIsNotCutThere() throws {
        let path = directory.file("x")
        try Files.writeAtomically(path, [1])
        #expect(throws: SystemError("open", path + "\0y", code: EINVAL)) {
            _ = try Files.read(path + "\0y", limit: 10)
        }
        #expect(!Files.exists(path + "\0y"))
    }

    @Test func programsAreFoundAlongThePathAndWhereTold() throws {
        #expect(Files.program("sh")?.hasSuffix("/sh") == true)
        #expect(Files.program("/bin/sh") == "/bin/sh")
        #expect(Files.program("/bin") == nil)
        let path = directory.file("only-here-4711")
        try Files.writeAtomically(path, Array("#!/bin/sh\n".utf8), mode: 0o700)
        #expect(Files.program("only-here-4711") == nil)
        #expect(Files.program("only-here-4711", alsoIn: [directory.path]) == path)
    }
}
