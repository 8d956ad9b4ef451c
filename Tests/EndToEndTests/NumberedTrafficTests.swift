import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// An undisturbed bridge: everything crosses once, whole and in order.
    @Suite("Undisturbed traffic")
    struct NumberedTraffic {
        @Test("2,000 numbered messages each way, all byte values, direct", arguments: [("ec716s", 1), ("air780ep", 5)])
        func direct(profile: String, seed: Int) throws {
            var options = BridgeRig.Options()
            options.profile = profile
            options.dialect = seed == 1 ? "none" : "all"
            options.seed = seed
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(2000)
            let back = try rig.inbound(2000)
            // The simulated line is not paced: without a bound it is written faster than any host reads.
            back.pace(60)
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectClean(out, rig)
            expectClean(back, rig)
            #expect(try rig.stop() == .exited(0))
        }

        @Test("2,000 numbered messages each way, cached: at most four wait")
        func cached() throws {
            var options = BridgeRig.Options()
            options.profile = "air780e"
            options.configuration.receive = "cached"
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(2000)
            let back = try rig.inbound(2000)
            back.pace(4)
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectClean(out, rig)
            expectClean(back, rig)
            #expect(!rig.hasLogged("overwritten"))
            #expect(try rig.stop() == .exited(0))
        }
    }
}
