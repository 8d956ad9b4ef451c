import Configuration
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// What of the configuration reaches the parts.
@Suite struct SettingsTests {
    @Test func aPublisherOfThisHostCannotMakeUsHoldMoreThanAMebibyteAtOnce() throws {
        let text = "remote.host = \"h\"\nroute = [{ topic = \"#\" }]\n"
        let loaded = Configuration.parse(text: Array(text.utf8), file: "c.toml", directory: "/", readSecrets: false)
        guard case .valid(let configuration, _) = loaded else {
            Issue.record("\(loaded)")
            return
        }
        #expect(configuration.localOptions(.v5).maximumPacketSize == 1 << 20)
    }
}
