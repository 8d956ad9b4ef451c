import ATProtocol
import BridgeCore
import BridgeTestKit
import Configuration
import LinuxIO
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// What commands and the service take from one configuration.
@Suite struct StateDirectoryTests {
    private func configuration(_ state: TemporaryDirectory) throws -> Configuration {
        let loaded = Configuration.parse(
            text: """
                [bridge]
                name = "box"
                [remote]
                host = "broker"
                [[route]]
                direction = "in"
                topic = "#"
                [queue]
                path = "\(state.path)"
                """, file: "x", directory: "/")
        guard case .valid(let configuration, _) = loaded else { throw SystemError("parse", "x") }
        return configuration
    }

    @Test func theEchoOfAHeartbeatIsNotKept() throws {
        let folder = try TemporaryDirectory("state")
        let configuration = try configuration(folder)
        let state = try StateDirectory(configuration, loop: EventLoop())
        let routing = try configuration.routingTable()
        func keeps(_ topic: String) -> Bool {
            state.keep(ReceivedMessage(topic: bytes(topic), payload: bytes("x"), fromCache: false), routing)
        }
        #expect(!keeps("cellbridge/box/heartbeat"))
        #expect(keeps("cellbridge/box/other"))
        state.close()
    }

    @Test(arguments: [MosquittoClient.ProtocolVersion.v5, .v311])
    func theWillOfTheLocalConnectionIsOffline(_ version: MosquittoClient.ProtocolVersion) throws {
        let options = try configuration(TemporaryDirectory("state")).localOptions(version)
        #expect(
            options.will
                == MosquittoClient.Will(
                    topic: bytes("cellbridge/box/state"), payload: bytes("offline"), qos: 1, retain: true))
    }
}
