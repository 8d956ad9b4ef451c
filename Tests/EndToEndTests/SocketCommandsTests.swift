import BridgeTestKit
import LinuxIO
import PrivateBroker
import Testing

extension EndToEndTests {
    /// The commands on a module that is used through its TCP socket, each family.
    @Suite("Commands over the socket link")
    struct SocketCommands {
        static let profiles = ["ec716s", "air780e", "air780ep", "air724ug", "quectel-gsm", "bc260y"]

        private func options(_ profile: String) -> BridgeRig.Options {
            var options = BridgeRig.Options()
            options.profile = profile
            options.configuration.remote = ["link = \"socket\""]
            return options
        }

        @Test("doctor alone: every stage is well", arguments: profiles)
        func doctor(_ profile: String) throws {
            let rig = try BridgeRig(options(profile))
            try rig.host("localhost")
            let run = try rig.tool(["doctor", "--wait", "10s"])
            #expect(run.status == .exited(0), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "socket-\(profile)", rig)
            #expect(!rig.simulator.commands().contains { $0.contains("MIPSTART") || $0.hasPrefix("AT+M") })
        }

        @Test("doctor alone: a broker that is down, in the words of each family", arguments: profiles)
        func brokerDown(_ profile: String) throws {
            let rig = try BridgeRig(options(profile))
            rig.remote.stop()
            let run = try rig.tool(["doctor", "--wait", "10s"])
            #expect(run.status == .exited(21), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "socket-\(profile)-down", rig)
        }

        @Test("An MQTT link is nothing for a module without a client", arguments: ["quectel-gsm", "bc260y"])
        func noClient(_ profile: String) throws {
            var options = options(profile)
            options.configuration.remote = ["link = \"mqtt\""]
            let rig = try BridgeRig(options)
            let run = try rig.tool(["doctor", "--wait", "5s"])
            #expect(run.status == .exited(13), "\(run)\n\(rig.diagnosis)")
            #expect(run.output.contains("this module has no MQTT client"), "\(run)")
        }

        @Test(
            "status, pub and doctor beside a service; a break's record replays without a difference",
            arguments: profiles)
        func service(_ profile: String) throws {
            let rig = try BridgeRig(options(profile))
            try rig.start()
            let flows = [try rig.outbound(30), try rig.inbound(30)]
            try rig.awaitArrival(flows)
            let status = try rig.tool(["status"])
            #expect(status.status == .exited(0), "\(status)")
            #expect(
                status.output.contains("  over          the module's TCP socket, ")
                    && status.output.contains(" of 20 in flight"), "\(status)")
            let json = try rig.tool(["status", "--json"])
            #expect(
                json.output.contains(#""link_kind":"socket","tls":null,"window":{"size":20,"in_flight":"#),
                "\(json)")
            let pub = try rig.tool(["pub", "-t", "site7/x", "-m", "hello", "-q", "1"])
            #expect(pub.status == .exited(0), "\(pub)")
            let doctor = try rig.tool(["doctor", "--wait", "10s"])
            #expect(doctor.status == .exited(0) && doctor.output.contains("tls           not configured"), "\(doctor)")
            // A context that is lost there is a closed connection, for which no record is written.
            try rig.simulator.fault(profile == "bc260y" ? "hang" : "pdp-deact")
            try rig.wait("a record", limit: .seconds(120)) {
                rig.hasLogged("the dialogue with the module up to here: ")
            }
            let names = try Files.list(rig.directory.file("state")).filter { $0.hasPrefix("flight-") }
            for name in names {
                let path = rig.directory.file("state/\(name)")
                let replay = try rig.tool(["replay", path], configured: false)
                #expect(replay.status == .exited(0), "\(replay.output.suffix(400))")
                let text = String(decoding: try Files.read(path, limit: 1 << 22), as: UTF8.self)
                #expect(!text.contains("site7/"), "\(name) shows bytes of the connection")
            }
        }

        @Test("TLS of this host: certs says that nothing goes into the module, doctor what was negotiated")
        func certificates() throws {
            let tls = try TLSRig()
            var options = tls.options(.mutual)
            options.profile = "quectel-gsm"
            options.configuration.remote.append("link = \"socket\"")
            let rig = try tls.rig(options)
            let doctor = try rig.tool(["doctor", "--wait", "10s"])
            #expect(doctor.status == .exited(0), "\(doctor)\n\(rig.diagnosis)")
            #expect(doctor.output.contains("negotiated by this host: TLSv1."), "\(doctor)")
            let words = "TLS is made by this host, over the module's TCP socket: nothing is put into the module"
            for command in ["list", "verify", "push"] {
                let run = try rig.tool(["certs", command])
                #expect(run.status == .exited(0) && run.output.contains(words), "\(command): \(run)")
            }
            #expect(!rig.simulator.commands().contains { $0.hasPrefix("AT+FS") || $0.hasPrefix("AT+SSLCFG") })
        }
    }
}
