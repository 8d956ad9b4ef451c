import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// A remote broker that refuses, and says why, as MQTT 5 can.
    @Suite("Refusals over the socket")
    struct Refusals {
        @Test("Wrong password: named, and tried again slowly")
        func wrongPassword() throws {
            let files = try TemporaryDirectory("password")
            try Files.writeAtomically(files.file("password"), Array("wrong".utf8))
            var options = SocketSystem(profile: "bc260y").options()
            options.remote.allowsAnonymous = false
            options.remote.users = ["box": "right"]
            options.configuration.remote += ["username = \"box\"", "password_file = \"\(files.file("password"))\""]
            let rig = try BridgeRig(options)
            try rig.start(online: false)
            try rig.wait("the second refusal", limit: .seconds(40)) { rig.hasLogged("next try in 30 s") }
            #expect(rig.hasLogged("the broker refused the session: ") && rig.hasLogged("next try in 15 s"))
            #expect(rig.log.lines.contains { $0.lowercased().contains("not authori") }, "\(rig.diagnosis)")
            #expect(try rig.stop() == .exited(0))
            // The file is read at the start.
            try Files.writeAtomically(files.file("password"), Array("right\n".utf8))
            try rig.start()
        }

        @Test("A publish that is not allowed is set aside with its reason, and the others flow")
        func notAllowed() throws {
            let files = try TemporaryDirectory("acl")
            let rights = ["topic readwrite site7/t/#", "topic readwrite cmd/#", "topic read #"]
            try Files.writeAtomically(files.file("acl"), Array((rights.joined(separator: "\n") + "\n").utf8))
            var options = SocketSystem(profile: "air780e").options()
            options.remote.extraLines = ["acl_file \(files.file("acl"))"]
            let rig = try BridgeRig(options)
            rig.companions.append(files)
            try rig.start()
            let out = try rig.outbound(.max)
            out.pace(10)
            let bad = ["-t", "plant/bad", "-m", "for the other side", "-q", "1"]
            try rig.mosquitto("pub", bad, port: rig.local.port).finish(rig)
            try rig.wait("it is set aside", limit: .seconds(60)) { rig.hasLogged("set aside site7/bad") }
            out.publisher.finish()
            try rig.awaitArrival([out])
            expectSound(out, rig)
            let reason = "the remote broker said: not authorised: check the rights of this client (reason code 135)"
            #expect(rig.hasLogged(reason), "\(rig.diagnosis)")
            let list = try rig.command(["queue", "list", "--aside"])
            #expect(list.status == 0 && list.text.contains("site7/bad") && list.text.contains("not authorised"))
            // Somebody grants it, and says so.
            try Files.writeAtomically(files.file("acl"), Array("topic readwrite #\n".utf8))
            rig.remote.pid.map { _ = Glibc.kill($0, SIGHUP) }
            try rig.wait("the new rights") { rig.remote.log.contains("Reloading config") }
            let ear = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "site7/bad", "-q", "1", "-C", "1"]) }
            let id = try #require(list.text.split(separator: " ").dropFirst(4).first.map(String.init), "\(list.report)")
            #expect(try rig.command(["queue", "retry", id]).status == 0)
            #expect(try ear.finish(rig).text == "for the other side\n")
        }

        @Test("Over its quota: postponed, then delivered; what cannot be at all is refused")
        func quota() throws {
            let (rig, broker) = try scripted("quectel-gsm")
            var refusals = 3
            broker.puback = { message in
                if message.topic == "site7/never" { return 144 }
                guard message.topic == "site7/much", refusals > 0 else { return 0 }
                refusals -= 1
                return 151
            }
            try rig.start()
            for topic in ["plant/much", "plant/never", "plant/fine"] {
                try rig.mosquitto("pub", ["-t", topic, "-m", "x", "-q", "1"], port: rig.local.port).finish(rig)
            }
            try rig.wait("all said", limit: .seconds(20)) {
                broker.published.contains { $0.topic == "site7/much" && $0.answer == 0 }
                    && broker.published.contains { $0.topic == "site7/fine" }
            }
            #expect(rig.hasLogged("quota exceeded (reason code 151): the message is tried again in"))
            #expect(rig.hasLogged("refused site7/never: the remote broker said: topic name invalid (reason code 144)"))
            #expect(broker.published.count { $0.topic == "site7/much" } == 4, "\(broker.published)")
            #expect(broker.published.count { $0.topic == "site7/never" } == 1)
            #expect(broker.published.count { $0.topic == "site7/fine" } == 1)
            #expect(broker.connects == 1, "the session went on")
            #expect(try rig.stop() == .exited(0))
            #expect(broker.farewells == 1)
        }

        /// Side by side, for most of the time is spent in the pauses between the tries.
        @Test("CONNACK says no: its words; bad credentials and rights rest long, what passes by itself does not")
        func connack() throws {
            let loop = try EventLoop()
            let cases: [(code: UInt8, words: String, isRefusal: Bool)] = [
                (134, "user name or password", true), (135, "not authori", true), (133, "client identifier", true),
                (151, "quota", false), (136, "unavailable", false),
            ]
            let rigs = try cases.map { _ in try scripted("bc260y", loop) }
            for (item, (rig, broker)) in zip(cases, rigs) {
                broker.connack = item.code
                try rig.start(online: false)
            }
            for (item, (rig, broker)) in zip(cases, rigs) {
                try rig.wait("the words of \(item.code)") {
                    rig.log.lines.contains { $0.lowercased().contains(item.words) }
                }
                if item.isRefusal {
                    try rig.wait("the pause") { rig.hasLogged("next try in 15 s") }
                    #expect(broker.connects == 1, "\(item.code)")
                }
                broker.connack = 0
            }
            for (item, (rig, broker)) in zip(cases, rigs) {
                try rig.awaitOnline(limit: .seconds(25))
                #expect(broker.connects == 2 || !item.isRefusal, "\(item.code)")
            }
        }

        @Test("A subscription that is refused is named, and tried again slowly")
        func subscription() throws {
            let (rig, broker) = try scripted("air780e")
            broker.suback = { $0 == "cmd/#" ? 135 : 1 }
            try rig.start(online: false)
            try rig.wait("the reason") {
                rig.hasLogged("the subscription to cmd/# was refused (reason code 135): check the rights")
            }
            try rig.wait("the pause") { rig.hasLogged("next try in 15 s") }
            #expect(!rig.hasLogged(">online"))
            broker.suback = { _ in 1 }
            try rig.awaitOnline(limit: .seconds(25))
            #expect(broker.connects == 2)
        }

        private func scripted(
            _ profile: String, _ loop: EventLoop? = nil
        ) throws -> (rig: BridgeRig, broker: RefusingBroker) {
            let loop = try loop ?? EventLoop()
            let broker = try RefusingBroker(loop)
            var options = SocketSystem(profile: profile).options()
            options.simulator += ["--redirect", "127.0.0.1:\(broker.port)"]
            return (try BridgeRig(options, loop: loop), broker)
        }
    }
}
