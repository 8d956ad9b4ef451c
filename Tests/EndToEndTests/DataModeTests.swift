import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// `AT+MPUBEX` turns the line into a data channel; a service that dies in it leaves the module counting bytes.
    @Suite("A kill while AT+MPUBEX is open")
    struct DataMode {
        private static let size = 3000
        private static let mix = NumberedPayload.Mix.binary(3000)
        private static var length: Int { NumberedPayload.make(0, mix).count }

        /// A rig whose bridge was killed between the command and the data, and the flow of the one message.
        private func killed(reset: Bool) throws -> (rig: BridgeRig, flow: NumberedFlow, mark: Int) {
            var options = BridgeRig.Options()
            options.profile = "air780e"
            // The prompt takes this long: the kill comes in between.
            options.simulator += ["--latency", "40ms"]
            let rig = try BridgeRig(options)
            var configuration = BridgeConfiguration()
            if reset { configuration.module = ["reset = { command = \"kill -USR1 \(rig.simulator.child.pid)\" }"] }
            try rig.configure(configuration)
            try rig.start()
            let flow = try rig.outbound(1, mix: Self.mix)
            try rig.wait("AT+MPUBEX") { rig.simulator.commands().contains { $0.hasPrefix("AT+MPUBEX=") } }
            try rig.kill()
            try rig.wait("the prompt") { rig.simulator.transcript.contains("<- \\0D\\0A>") }
            return (rig, flow, rig.simulator.transcript.mark)
        }

        @Test("Without a hardware reset: as many CR as were declared come before anything else")
        func filled() throws {
            let (rig, flow, mark) = try killed(reset: false)
            try rig.start()
            try rig.awaitArrival([flow])
            let commands = rig.simulator.commands(after: mark)
            #expect(commands.first == "\(Self.length) data bytes", "\(rig.diagnosis)")
            #expect(rig.hasLogged("filling it with \(Self.length) CR"))
            // What the module took for the payload was CR, never a command.
            let others = flow.collector.others
            #expect(others.map(\.payload) == [[UInt8](repeating: 0x0D, count: Self.length)])
            #expect(flow.collector.received.count { $0.number == 0 } == 1)
            try expectTraffic(rig)
        }

        @Test("With a reset command: nothing is written before it has run")
        func reset() throws {
            let (rig, flow, mark) = try killed(reset: true)
            try rig.start()
            try rig.awaitArrival([flow])
            let boot = try #require(rig.simulator.transcript.first(after: mark) { $0.hasSuffix(" boot") })
            let first = try #require(rig.simulator.transcript.first(after: mark) { $0.contains(" -> ") })
            #expect(boot < first, "\(rig.diagnosis)")
            #expect(flow.collector.others.isEmpty)
            try expectTraffic(rig)
        }

        @Test("A kill before the prompt, then a reboot: the CR go to a module that takes commands")
        func rebooted() throws {
            let (rig, flow, _) = try killed(reset: false)
            try rig.simulator.fault("reboot")
            try rig.start()
            try rig.awaitArrival([flow])
            // The module was in command mode again: CR bytes do no harm there.
            #expect(flow.collector.others.isEmpty, "\(rig.diagnosis)")
            try expectTraffic(rig)
        }

        @Test("Undisturbed: the longest messages cross as data")
        func undisturbed() throws {
            var options = BridgeRig.Options()
            options.profile = "air780e"
            options.dialect = "prompt-blank"
            let rig = try BridgeRig(options)
            try rig.start()
            let flow = try rig.outbound(30, mix: Self.mix)
            try rig.awaitArrival([flow])
            expectClean(flow, rig)
        }

        private func expectTraffic(_ rig: BridgeRig) throws {
            let more = try NumberedFlow(
                loop: rig.loop, name: "more", from: rig.local.port, prefix: "plant/more/", to: rig.remote.port,
                prefix: "site7/more/", total: 20)
            try rig.awaitArrival([more])
            expectClean(more, rig)
        }
    }
}
