import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// TLS through the module, when nothing is wrong.
    @Suite("TLS through the module")
    struct TLS {
        @Test("Messages cross; a second start and a restarted module write nothing", arguments: TLSRig.Mode.allCases)
        func crosses(mode: TLSRig.Mode) throws {
            let tls = try TLSRig()
            let rig = try tls.rig(tls.options(mode))
            try rig.start()
            let out = try rig.outbound(100)
            let back = try rig.inbound(50)
            try rig.awaitArrival([out, back])
            expectClean(out, rig)
            expectClean(back, rig)
            #expect(rig.simulator.transcript.contains("connected, TLSv1.2 AES256-SHA256"), "\(rig.diagnosis)")
            expectNothingLess(than: mode.level, rig)
            #expect(rig.commands("AT+SSLCFG=\"seclevel\"").last == "AT+SSLCFG=\"seclevel\",88,\(mode.level)")
            #expect(rig.commands("AT+FSWRITE").count == [0, 1, 3][mode.level], "\(rig.diagnosis)")
            let warning = "anyone can pose as 127.0.0.1"
            #expect(rig.hasLogged(warning) == (mode == .notVerified))
            // Neither a start of the service nor one of the module finds anything to write.
            let mark = rig.simulator.transcript.mark
            try rig.stop()
            try rig.start()
            #expect(rig.hasLogged(warning) == (mode == .notVerified))
            let line = rig.log.mark
            try rig.simulator.fault("power-cycle")
            try rig.awaitOnline(after: line, limit: .seconds(30))
            #expect(rig.writes(after: mark).isEmpty, "\(rig.diagnosis)")
            expectNothingLess(than: mode.level, rig)
        }

        @Test("A clock at 1970 is set before the connection is made", arguments: ["on", "off"])
        func clock(nitz: String) throws {
            let tls = try TLSRig()
            var options = tls.options(.serverVerified)
            options.simulator += ["--clock", "0", "--nitz", nitz]
            let rig = try tls.rig(options)
            try rig.start()
            let commands = rig.simulator.commands()
            let connection = try #require(commands.firstIndex { $0.hasPrefix("AT+SSLMIPSTART") })
            if nitz == "off" {
                let setting = commands.firstIndex { $0.hasPrefix("AT+CCLK=") || $0 == "AT+CNTP" }
                #expect(try #require(setting) < connection, "\(rig.diagnosis)")
                #expect(rig.hasLogged("the module's clock was set"))
            }
            #expect(!rig.simulator.transcript.contains("TLS failed"), "\(rig.diagnosis)")
            expectNothingLess(than: 1, rig)
        }

        @Test("A clock that nobody can set is named, and no certificate is checked against it")
        func noClock() throws {
            let tls = try TLSRig()
            var options = tls.options(.serverVerified)
            options.simulator += ["--clock", "0", "--nitz", "off", "--ntp", "off"]
            let rig = try tls.rig(options)
            try rig.start(online: false)
            if SystemClock.isSynchronised {
                try rig.awaitOnline()
                #expect(rig.hasLogged("the module's clock was set from the host's clock"))
            } else {
                try rig.wait("the clock's complaint", limit: .seconds(40)) {
                    rig.hasLogged("TLS: the module's clock is wrong")
                }
                #expect(rig.hasLogged("next try in 15 s"))
                #expect(rig.commands("AT+SSLMIPSTART").isEmpty)
            }
            expectNothingLess(than: 1, rig)
        }

        @Test("A key of another certificate: exit status 78 at the start and in check, nothing sent to the module")
        func wrongKey() throws {
            let tls = try TLSRig()
            let other = try tls.certificates.client("other", issuer: tls.authority)
            var options = tls.options(.mutual)
            let torn = "certificate = \"\(tls.client.certificate)\", key = \"\(other.key)\""
            options.configuration.remote = [TLSRig.table(tls.authority, more: torn)]
            let rig = try tls.rig(options)
            try rig.start(online: false)
            #expect(try rig.exitStatus() == .exited(78), "\(rig.diagnosis)")
            #expect(rig.hasLogged("remote.tls.key: \(other.key)"), "\(rig.diagnosis)")
            #expect(rig.hasLogged("does not belong to the certificate"), "\(rig.diagnosis)")
            let check = try rig.check()
            #expect(check.status == .exited(78))
            #expect(check.text.contains("remote.tls.key: \(other.key)"), "\(check.text)")
            #expect(rig.simulator.commands().isEmpty, "\(rig.diagnosis)")
        }
    }
}

extension BridgeRig {
    /// `cellbridge check` on this rig's configuration: its status and what it printed.
    func check() throws -> (status: ChildProcess.ExitStatus?, text: String) {
        var options = ChildProcess.Options(program, ["check", "-c", directory.file("cellbridge.toml")])
        options.standardOutput = .file(directory.file("check"))
        options.standardError = .file(directory.file("check.errors"))
        let child = try ChildProcess(options, loop: loop)
        try wait("the end of check") { child.exitStatus != nil }
        let text = try ["check", "check.errors"].map { name in
            String(decoding: try Files.read(directory.file(name), limit: 1 << 20), as: UTF8.self)
        }
        return (child.exitStatus, text.joined())
    }
}
