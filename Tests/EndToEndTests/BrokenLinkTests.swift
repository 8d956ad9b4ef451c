import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// What breaks between the module and the remote broker.
    @Suite("A link that breaks")
    struct BrokenLink {
        @Test(
            "20 TCP drops and every spelling of a PDP loss in the middle of the flow",
            arguments: [("ec716s", 3), ("air780e", 8)])
        func drops(profile: String, seed: Int) throws {
            var options = BridgeRig.Options()
            options.profile = profile
            options.dialect = "all"
            options.seed = seed
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(.max)
            let back = try rig.inbound(.max)
            out.pace(40)
            back.pace(40)
            let faults =
                Array(repeating: "drop-tcp", count: 10) + ["pdp-deact plain"] + Array(repeating: "drop-tcp", count: 5)
                + ["pdp-deact tight"] + Array(repeating: "drop-tcp", count: 5) + ["pdp-deact blank", "pdp-deact cgev"]
            for (index, fault) in faults.enumerated() {
                let goal = (out.collector.numbers.count + 10 + index * 7 % 30, back.collector.numbers.count + 10)
                try rig.wait("traffic both ways before \(fault)", limit: .seconds(30)) {
                    out.collector.numbers.count >= goal.0 && back.collector.numbers.count >= goal.1
                }
                try rig.simulator.fault(fault)
            }
            out.publisher.finish()
            back.publisher.finish()
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectSound(out, rig)
            expectSound(back, rig)
            // One publish is open at a time, so a break can double one message at most.
            #expect(out.verdict().doubled.count <= faults.count)
        }

        @Test("QoS 2: PUBREC and PUBCOMP, with drops in the middle")
        func exactlyOnceOnTheAir() throws {
            var options = BridgeRig.Options()
            options.configuration.routes = [BridgeConfiguration.out + "\npublish_qos = 2", BridgeConfiguration.in]
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(200)
            for goal in [40, 90, 140] {
                try rig.wait("\(goal) messages") { out.collector.numbers.count >= goal }
                try rig.simulator.fault("drop-tcp")
            }
            try rig.awaitArrival([out])
            expectSound(out, rig)
            #expect(rig.hasLogged("offline: "), "no drop fell into the flow")
            #expect(rig.hasLogged("<- PUBREC") && rig.hasLogged("<- PUBCOMP"))
            #expect(!rig.hasLogged("<- PUBACK"))
        }

        @Test("A PUBACK later than ack_timeout, and then a publish that is lost")
        func latePuback() throws {
            var options = BridgeRig.Options()
            options.configuration.ackTimeout = "2 s"
            let rig = try BridgeRig(options)
            try rig.start()
            try rig.simulator.fault("delay-puback 4")
            let out = try rig.outbound(50)
            try rig.wait("the delayed PUBACK") { rig.simulator.transcript.contains("PUBACK delayed") }
            try rig.simulator.fault("lose-publish")
            try rig.awaitArrival([out])
            expectSound(out, rig)
            #expect(rig.hasLogged("PUBACK is late"))
            #expect(rig.simulator.transcript.contains("lost"))
        }

        @Test("A PUBACK that never comes")
        func lostPuback() throws {
            var options = BridgeRig.Options()
            options.configuration.ackTimeout = "2 s"
            let rig = try BridgeRig(options)
            try rig.start()
            try rig.simulator.fault("lose-puback")
            let out = try rig.outbound(50)
            try rig.awaitArrival([out])
            expectSound(out, rig)
            #expect(out.verdict().doubled == [0])
        }

        @Test("A publish that is refused is tried again", arguments: ["ERROR", "+CME ERROR: 767"])
        func refusedPublish(answer: String) throws {
            let rig = try BridgeRig()
            try rig.start()
            try rig.simulator.fault("error-next-mpub \(answer)")
            let out = try rig.outbound(50)
            try rig.awaitArrival([out])
            expectClean(out, rig)
        }
    }
}
