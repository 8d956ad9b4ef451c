import BridgeCore
import Glibc
import Testing

@testable import Outbox

@Suite struct StorePeekTests {
    let directory = ScratchDirectory()

    @Test func aValueIsSeenWhileTheStoreIsInUseAndAfterwards() throws {
        #expect(try StorePeek.meta("k", directory: directory.path) == nil)
        #expect(try StorePeek.meta("k", directory: directory.path + "/nowhere") == nil)
        do {
            let harness = try StoreHarness(directory)
            #expect(try StorePeek.meta("k", directory: directory.path) == nil)
            var batch = StoreBatch()
            batch.setMeta = [StoreBatch.Meta(key: "k", value: [1, 2])]
            #expect(harness.commit(batch) != nil)
            #expect(try StorePeek.meta("k", directory: directory.path) == [1, 2])
            harness.store.close()
        }
        #expect(try StorePeek.meta("k", directory: directory.path) == [1, 2])
        #expect(try StorePeek.meta("other", directory: directory.path) == nil)
    }

    @Test func whatIsNoStoreIsNamed() throws {
        let path = directory.path + "/" + StoreFile.name
        let file = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
        let text = Array("this is no database, and long enough to be taken for one by nobody at all".utf8)
        _ = unsafe write(file, text, text.count)
        close(file)
        #expect(throws: StoreError.self) { try StorePeek.meta("k", directory: directory.path) }
    }
}
