import ATProtocol
import Testing

@testable import BridgeRuntime

/// What the log calls bytes that were thrown away.
struct DiscardWordsTests {
    @Test(arguments: Discard.Kind.allCases) func noInternalNames(kind: Discard.Kind) {
        #expect(kind.words.contains(" ") && kind.words == kind.words.lowercased())
        #expect(!kind.words.contains("\(kind)"))
    }
}
