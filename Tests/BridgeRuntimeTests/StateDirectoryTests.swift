import ATProtocol
import BridgeCore
import BridgeTestKit
import Configuration
import LinuxIO
import MosquittoClient
import PrivateBroker
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

    @Test func theEchoOfWhatTheServiceHasPublishedIsNotKept() throws {
        let folder = try TemporaryDirectory("state")
        let configuration = try configuration(folder)
        let loop = try EventLoop()
        var ledger = EchoLedger(receiveLimit: 2048)
        let row = OutboundRow(
            id: 1, topic: bytes("a"), payload: bytes("mine"), qos: 1, retain: false, acceptedAt: 0, expectsEcho: true)
        ledger.published(row, now: .zero)
        ledger.acknowledged(1, now: .zero, wallClock: 1)
        var batch = StoreBatch()
        batch.addEchoes = ledger.takeChanges().add
        do {
            let before = try StateDirectory(configuration, loop: loop)
            before.begin(batch)
            before.close()
        }

        let state = try StateDirectory(configuration, loop: loop)
        let routing = try configuration.routingTable()
        func keeps(_ payload: String) -> Bool {
            state.keep(ReceivedMessage(topic: bytes("a"), payload: bytes(payload), fromCache: false), routing)
        }
        #expect(!keeps("mine"))
        #expect(keeps("theirs") && keeps("mine"))
        state.close()
    }

    @Test func whatCameOfABatchIsTold() throws {
        let folder = try TemporaryDirectory("state")
        let loop = try EventLoop()
        let state = try StateDirectory(try configuration(folder), loop: loop)
        var batch = StoreBatch()
        batch.appendOut = [
            OutboundRow(topic: bytes("a"), payload: bytes("1"), qos: 1, retain: false, acceptedAt: 1),
            OutboundRow(topic: bytes("a"), payload: bytes("2"), qos: 1, retain: false, acceptedAt: 1),
        ]
        var ids: [Int64?] = []
        state.begin(batch) { if case .success(let receipt) = $0 { ids = receipt.outIDs } }
        #expect(runLoop(loop) { state.isSettled } && ids == [1, 2])
        state.begin(batch) { if case .success(let receipt) = $0 { ids = receipt.outIDs } }
        #expect(runLoop(loop) { state.isSettled } && ids == [3, 4])
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
