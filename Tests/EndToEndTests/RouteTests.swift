import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// What crosses, what must not, and what cannot.
    @Suite("Routes and refusals")
    struct Routes {
        @Test("both: no loops and no doubles", arguments: ["none", "all"])
        func both(dialect: String) throws {
            let rig = try rig(dialect)
            let here = try observer(rig, rig.local.port, "both/#")
            let there = try observer(rig, rig.remote.port, "shared/#")
            let out = try flow(rig, "o", from: rig.local.port, "both/o/", to: rig.remote.port, "shared/o/", 200)
            let back = try flow(rig, "i", from: rig.remote.port, "shared/i/", to: rig.local.port, "both/i/", 200)
            try rig.awaitArrival([out, back])
            try quiet(rig)
            expectClean(out, rig)
            expectClean(back, rig)
            #expect(here.received.count == 400, "a message came back to the local side\n\(rig.diagnosis)")
            #expect(there.received.count == 400, "a message came back to the remote side\n\(rig.diagnosis)")
        }

        @Test("both: the echo of a long message is cut by the module, and recognised by its beginning")
        func cutEcho() throws {
            let rig = try rig("none")
            let here = try observer(rig, rig.local.port, "both/#", mix: .binary(2000))
            let out = try flow(
                rig, "o", from: rig.local.port, "both/o/", to: rig.remote.port, "shared/o/", 20, mix: .binary(2000))
            try rig.awaitArrival([out])
            try quiet(rig)
            expectClean(out, rig)
            #expect(here.received.count == 20, "\(rig.diagnosis)")
        }

        @Test("both: retained messages cross once, over a new session too")
        func retained() throws {
            let rig = try rig("none")
            let here = try observer(rig, rig.local.port, "both/#")
            let there = try observer(rig, rig.remote.port, "shared/#")
            let topics = (0..<10).map { "r/\($0)" }
            let out = try NumberedFlow(
                loop: rig.loop, name: "ro", from: rig.local.port, prefix: "both/o/", to: rig.remote.port,
                prefix: "shared/o/", total: 10, topics: topics, retain: true)
            let back = try NumberedFlow(
                loop: rig.loop, name: "ri", from: rig.remote.port, prefix: "shared/i/", to: rig.local.port,
                prefix: "both/i/", total: 10, topics: topics, retain: true)
            try rig.awaitArrival([out, back])
            // The new subscription makes the remote broker send all it retains again.
            let mark = rig.log.mark
            try rig.simulator.fault("drop-tcp")
            try rig.awaitOnline(after: mark)
            try quiet(rig)
            expectClean(out, rig)
            expectClean(back, rig)
            #expect(here.received.count == 20, "\(rig.diagnosis)")
            #expect(there.received.count == 20, "\(rig.diagnosis)")
        }

        @Test("What cannot be carried is refused with its reason, and the rest flows")
        func refused() throws {
            let rig = try BridgeRig()
            try rig.start()
            let long = try NumberedPublisher(
                loop: rig.loop, port: rig.local.port, clientID: "long", topics: ["plant/long"], total: 1,
                mix: .binary(3000))
            let quote = try NumberedPublisher(
                loop: rig.loop, port: rig.local.port, clientID: "quote",
                topics: ["plant/a\",1,0,\"x", "plant/back\\slash", "plant/" + String(repeating: "x", count: 260)],
                total: 3)
            let out = try rig.outbound(100)
            try rig.awaitArrival([out])
            try rig.wait("the refused to be taken") { long.isDone && quote.isDone }
            let length = NumberedPayload.make(0, .binary(3000)).count
            let texts = [
                "refused plant/long: \(length) bytes is over the module's limit of 2384", "refused plant/a\"",
                "refused plant/back\\slash", "refused plant/xxxx",
            ]
            for text in texts {
                try rig.wait("the log line: \(text)") { rig.hasLogged(text) }
            }
            expectClean(out, rig)
        }

        private func rig(_ dialect: String) throws -> BridgeRig {
            var options = BridgeRig.Options()
            options.dialect = dialect
            options.seed = 12
            options.configuration.routes = [BridgeConfiguration.both]
            let rig = try BridgeRig(options)
            try rig.start()
            return rig
        }

        private func observer(
            _ rig: BridgeRig, _ port: Int, _ filter: String, mix: NumberedPayload.Mix = .everything
        ) throws -> NumberedCollector {
            try NumberedCollector(loop: rig.loop, port: port, clientID: "observer", filter: filter, mix: mix)
        }

        private func flow(
            _ rig: BridgeRig, _ name: String, from source: Int, _ prefix: String, to sink: Int, _ sinkPrefix: String,
            _ total: Int, mix: NumberedPayload.Mix = .everything
        ) throws -> NumberedFlow {
            try NumberedFlow(
                loop: rig.loop, name: name, from: source, prefix: prefix, to: sink, prefix: sinkPrefix, total: total,
                mix: mix)
        }

        /// Waits until what would come back has come: the module has printed nothing for half a second.
        private func quiet(_ rig: BridgeRig) throws {
            var (count, since) = (0, rig.loop.now)
            try rig.wait("half a second of silence") {
                let lines = rig.simulator.transcript.mark
                if lines != count { (count, since) = (lines, rig.loop.now) }
                return rig.loop.now - since > .milliseconds(500)
            }
        }
    }
}
