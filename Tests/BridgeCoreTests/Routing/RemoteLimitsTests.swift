import BridgeCore
import Testing

@Suite struct RemoteLimitsTests {
    private let limits = RemoteLimits(maximumPayload: 2384)

    @Test func payloadAtTheLimitPassesAndOneMoreIsRefused() {
        #expect(limits.problem(topic: bytes("a"), payloadCount: 2384) == nil)
        let problem = limits.problem(topic: bytes("a"), payloadCount: 3000)
        #expect(problem?.code == "too-long")
        #expect(problem?.reason == "3000 bytes is over the module's limit of 2384")
    }

    @Test func topicAtTheLimitPassesAndOneMoreIsRefused() {
        #expect(limits.problem(topic: [UInt8](repeating: 0x61, count: 256), payloadCount: 0) == nil)
        let problem = limits.problem(topic: [UInt8](repeating: 0x61, count: 257), payloadCount: 0)
        #expect(problem?.code == "topic")
        #expect(problem?.reason == "a remote topic of 257 bytes is over the module's limit of 256")
    }

    @Test(arguments: ["a\"b", "a\\b", "a\u{1}", "a\n", "a\u{1f}", "a\u{7f}"])
    func charactersThatAQuotedStringCannotCarry(topic: String) {
        #expect(limits.problem(topic: bytes(topic), payloadCount: 0)?.code == "topic")
    }

    @Test(arguments: ["a;b", "a,b", "a b", "ü/日本", "+/#", "$a", "a'b`c"])
    func allElsePasses(topic: String) {
        #expect(limits.problem(topic: bytes(topic), payloadCount: 0) == nil)
    }
}
