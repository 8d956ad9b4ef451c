import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@Suite struct DirectoryLockTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func failure() -> DirectoryLock.Failure? {
        do throws(DirectoryLock.Failure) {
            _ = try DirectoryLock(directory.path)
            return nil
        } catch {
            return error
        }
    }

    @Test func aSecondOneIsToldWhoHasIt() throws {
        let first = try DirectoryLock(directory.path)
        #expect(failure() == .held(directory: directory.path, pid: getpid()))
        withExtendedLifetime(first) {}
    }

    @Test func itIsFreeAgainWhenTheFirstGoes() throws {
        var first: DirectoryLock? = try DirectoryLock(directory.path)
        #expect(failure() != nil)
        _ = first
        first = nil
        #expect(failure() == nil)
    }

    @Test func aHolderWithoutAPidIsStillAHolder() throws {
        let file = try OwnedDescriptor.open(directory.file("lock"), flags: O_RDWR | O_CREAT)
        try #require(flock(file.raw, LOCK_EX | LOCK_NB) == 0)
        _ = try file.write(Array("garbage".utf8)[...])
        #expect(failure() == .held(directory: directory.path, pid: nil))
    }

    @Test func aDirectoryThatIsNotThereIsAnError() throws {
        #expect(throws: DirectoryLock.Failure.system(SystemError("open", "/nonexistent/lock", code: ENOENT))) {
            _ = try DirectoryLock("/nonexistent")
        }
    }
}
