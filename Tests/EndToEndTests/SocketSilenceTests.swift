import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// What falls silent while the socket is in use: the module, its port, the connection.
    ///
    /// The families side by side, for most of the time is spent waiting.
    @Suite("Silence over the socket")
    struct Silence {
        private func rigs(_ change: (inout BridgeRig.Options) -> Void = { _ in }) throws -> [BridgeRig] {
            let loop = try EventLoop()
            let rigs = try SocketSystem.families.map { system in
                var options = system.options()
                change(&options)
                return try BridgeRig(options, loop: loop)
            }
            for rig in rigs { try rig.start(online: false) }
            for rig in rigs { try rig.awaitOnline() }
            return rigs
        }

        /// Breaks each of them and waits until it has seen that, and after that is online again; the limits count from
        /// the fault.
        private func breakAll(
            _ rigs: [BridgeRig], _ fault: String, says words: String, notice: Duration, online: Duration
        ) throws {
            let marks = rigs.map { $0.log.mark }
            let begin = rigs[0].loop.now
            for rig in rigs { try rig.simulator.fault(fault) }
            let ends = try zip(rigs, marks).map { (rig, mark) in
                var end: Int?
                try rig.wait("\(words) after \(fault)", limit: notice - (rig.loop.now - begin)) {
                    end = rig.log.first(after: mark) {
                        $0.contains("offline: ") && (words.isEmpty || $0.contains(words))
                    }
                    return end != nil
                }
                if fault.hasPrefix("nat-idle") { try rig.simulator.fault("nat-idle off") }
                return end ?? mark
            }
            for (rig, end) in zip(rigs, ends) {
                try rig.awaitOnline(after: end, limit: online - (rig.loop.now - begin))
            }
        }

        /// Traffic both ways that ends when it is told to, of each rig.
        private func steadyFlows(_ rigs: [BridgeRig]) throws -> [(NumberedFlow, NumberedFlow)] {
            let flows = try rigs.map { (try $0.outbound(.max), try $0.inbound(.max)) }
            for flow in flows {
                flow.0.pace(40)
                flow.1.pace(40)
            }
            return flows
        }

        /// Ends it and waits for the rest.
        private func expectAllArrive(_ flow: (NumberedFlow, NumberedFlow), _ rig: BridgeRig) throws {
            flow.0.publisher.finish()
            flow.1.publisher.finish()
            try rig.awaitArrival([flow.0, flow.1], limit: .seconds(30))
            expectSound(flow.0, rig)
            expectSound(flow.1, rig)
        }

        @Test("A module that goes mute in the middle of traffic is back within 60 s by the blind restart")
        func mute() throws {
            let rigs = try rigs()
            let flows = try steadyFlows(rigs)
            for (rig, flow) in zip(rigs, flows) {
                try rig.wait("traffic", limit: .seconds(30)) {
                    flow.0.collector.numbers.count >= 100 && flow.1.collector.numbers.count >= 100
                }
            }
            try breakAll(rigs, "hang", says: "", notice: .seconds(45), online: .seconds(60))
            for (rig, flow) in zip(rigs, flows) {
                try expectAllArrive(flow, rig)
                #expect(!rig.commands("AT+RESET", "AT+CFUN=1,1").isEmpty, "\(rig.diagnosis)")
            }
        }

        @Test("A port that goes and comes back in the middle of traffic")
        func replug() throws {
            // In plain a send that the port was lost in is waited out: minutes.
            let tls = try SocketTLS()
            let loop = try EventLoop()
            let rigs = try SocketSystem.families.map { try tls.rig(tls.options($0), loop: loop) }
            for rig in rigs { try rig.start(online: false) }
            for rig in rigs { try rig.awaitOnline() }
            let flows = try steadyFlows(rigs)
            for fault in ["replug 0.5", "replug 0.1", "replug 2"] {
                for (rig, flow) in zip(rigs, flows) {
                    let goal = (flow.0.collector.numbers.count + 60, flow.1.collector.numbers.count + 60)
                    try rig.wait("traffic both ways before \(fault)", limit: .seconds(30)) {
                        flow.0.collector.numbers.count >= goal.0 && flow.1.collector.numbers.count >= goal.1
                    }
                }
                try breakAll(rigs, fault, says: "", notice: .seconds(10), online: .seconds(40))
            }
            for (rig, flow) in zip(rigs, flows) {
                try expectAllArrive(flow, rig)
            }
        }

        @Test(
            "A half-open connection without traffic: MQTT's keep-alive finds it",
            arguments: ["half-open", "nat-idle 2"])
        func idle(fault: String) throws {
            let rigs = try rigs { $0.configuration.remote.append("keepalive = 10") }
            try breakAll(rigs, fault, says: "keep-alive", notice: .seconds(25), online: .seconds(40))
            for rig in rigs {
                let flows = [try rig.outbound(50), try rig.inbound(50)]
                try rig.awaitArrival(flows)
                for flow in flows { expectSound(flow, rig) }
            }
        }

        @Test("A half-open connection with messages under way: ack_timeout finds it")
        func underWay() throws {
            let rigs = try rigs { $0.configuration.ackTimeout = "2 s" }
            let flows = try steadyFlows(rigs)
            for (rig, flow) in zip(rigs, flows) {
                try rig.wait("traffic") { flow.0.collector.numbers.count >= 100 }
            }
            // The keep-alive's interval is far longer.
            try breakAll(
                rigs, "half-open", says: "an acknowledgement is late", notice: .seconds(8),
                online: .seconds(25))
            for (rig, flow) in zip(rigs, flows) {
                try expectAllArrive(flow, rig)
            }
        }
    }
}
