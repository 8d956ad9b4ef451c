import BridgeCore
import Glibc
import Testing

@testable import Outbox

/// Set for the process that is going to be killed: the store's directory.
private let childVariable = "CELLBRIDGE_STORE_TEST_CHILD"
/// Where that process reports committed ids.
private let reportDescriptor: Int32 = 3

private func childDirectory() -> String? {
    guard let value = unsafe getenv(childVariable) else { return nil }
    return unsafe String(cString: value)
}

/// kill -9 of a process that commits: this test program starts itself once more with one test in it.
@Suite struct StoreKillTests {
    @Test(.enabled(if: childDirectory() != nil)) func commitsUntilItIsKilled() throws {
        let directory = try #require(childDirectory())
        let store = try SQLiteMessageStore(directory: directory, maximumBytes: 1 << 30, overflow: .dropNewest) {
            event in
            guard case .committed(_, let receipt) = event else { return }
            for case let id? in receipt.outIDs {
                var line = id
                _ = unsafe Glibc.write(reportDescriptor, &line, 8)
            }
        }
        // Ends without a kill too, should nobody read.
        for token in 0..<100_000 {
            // Numbered as a dispatcher does it, and one message each time that was never written.
            var batch = StoreBatch.out([outRow("t\(token)", cost: 300), outRow("u", cost: 3000)])
            for index in 0..<2 { batch.appendOut[index].id = Int64(2 * token + index + 1) }
            batch.ledger = [entry(Int64(token + 1), .in)]
            batch.acceptedThrough = AcceptedThrough(out: Int64(2 * token + 2), in: Int64(token + 1))
            store.commit(batch, token: token)
            if token % 8 == 7 { _ = try store.meta("wait") }
        }
    }

    @Test(arguments: [1, 50, 400, 1200]) func everyReportedMessageIsThereAfterAKill(_ reports: Int) throws {
        let directory = ScratchDirectory()
        var ends: [Int32] = [-1, -1]
        let isOpen = unsafe pipe(&ends) == 0
        try #require(isOpen)
        // Other tests' children must not keep our pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = try #require(spawn(directory: directory.path, report: ends[1]))
        _ = close(ends[1])
        defer { _ = close(ends[0]) }
        var reported: [Int64] = []
        while reported.count < reports, let id = readID(ends[0]) { reported.append(id) }
        #expect(reported.count == reports)
        _ = kill(child, SIGKILL)
        var status: Int32 = 0
        _ = unsafe waitpid(child, &status, 0)
        // What it reported between our last read and its end counts as well.
        while let id = readID(ends[0]) { reported.append(id) }

        // The books are balanced as the kill left them, and after the recovery.
        var books = try directory.verify()
        #expect(books.isBalanced && books.out.accepted == 2 * books.in.acknowledged)
        let harness = try StoreHarness(directory)
        books = try directory.verify()
        #expect(books.isBalanced && books.out.waiting == 2 * books.in.acknowledged && books.out.waiting >= reports)
        let found = harness.outbound()
        #expect(Set(reported).isSubset(of: found.map(\.id)))
        #expect(found.map(\.id) == found.indices.map { Int64($0 + 1) })
        // Both rows of a batch or none.
        #expect(found.count.isMultiple(of: 2))
        #expect(harness.store.statistics().bytes == found.reduce(0) { $0 + $1.cost })
    }

    private func readID(_ descriptor: Int32) -> Int64? {
        var id: Int64 = 0
        return unsafe read(descriptor, &id, 8) == 8 ? id : nil
    }

    /// This program with `commitsUntilItIsKilled` alone, its reports to `report`, all else to /dev/null.
    private func spawn(directory: String, report: Int32) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, report, reportDescriptor)
        let own = contents("/proc/self/cmdline").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var arguments: [String] = []
        // Whatever filters this run was given would hide the child's test.
        var skipNext = false
        for argument in own {
            if skipNext {
                skipNext = false
            } else if ["--filter", "--skip", "--xunit-output", "--event-stream-output-path"].contains(argument) {
                skipNext = true
            } else {
                arguments.append(argument)
            }
        }
        arguments += ["--filter", "commitsUntilItIsKilled"]
        let inherited = contents("/proc/self/environ").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return unsafe withStrings(arguments) { argv in
            unsafe withStrings(inherited + ["\(childVariable)=\(directory)"]) { environment in
                var pid: pid_t = 0
                let code = unsafe posix_spawn(&pid, "/proc/self/exe", &actions, nil, argv, environment)
                return code == 0 ? pid : nil
            }
        }
    }

    private func withStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { for index in strings.indices { unsafe free(pointers[index]) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
    }
}
