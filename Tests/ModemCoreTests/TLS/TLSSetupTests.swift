import ATProtocol
import Testing

@testable import ModemCore

/// The setup against a module's file system, with the manifest on a disk of its own.
struct SetupRig {
    var files = ModuleFiles()
    var disk = TLSManifest()
    var settings: TLSSettings
    var spelling: ATCommand.FileSizeSpelling?
    /// Answers in place of the module's, by the beginning of a line.
    var answers: [String: CommandResult] = [:]

    init(_ wanted: [TLSFileKind: TLSFile] = ProvisioningPlanTests.new) {
        settings = TLSSettings(hostName: "broker.example")
        settings.files = wanted
        settings.ignoreLocalTime = true
    }

    /// Runs a setup until it ends or, with a limit, until power fails after that many steps: the lines, and how it ended.
    mutating func run(steps limit: Int = .max) -> (lines: [String], end: TLSSetup.Next?, setup: TLSSetup) {
        var setup = TLSSetup(
            settings, wanted: settings.wanted.mapValues(WantedFile.init), manifest: disk, spelling: spelling, clock: nil
        )
        var next = setup.start()
        var lines: [String] = []
        for _ in 0..<limit {
            switch next {
            case .submit(let command):
                lines.append(command.text)
                let scripted = answers.first { command.text.hasPrefix($0.key) }?.value
                let result = scripted ?? files.answer(command) ?? GoodModule.ok
                files.took(command, result)
                next = setup.completed(result, now: .zero)
            case .record:
                disk = setup.manifest
                lines.append("record")
                next = setup.recorded()
            case .wait: return (lines, next, setup)
            case .ready, .failed: return (lines, next, setup)
            }
        }
        return (lines, nil, setup)
    }

    /// Whether every file of the good set, and every file the manifest names, is in the module byte for byte.
    func isTrue(_ sets: [[TLSFileKind: TLSFile]]) -> Bool {
        disk.entries.allSatisfy { place, entry in
            let file = sets.compactMap { $0[place.kind] }.first { $0.digest == entry.digest }
            return file != nil && files.contents[place.name] == file?.contents
        }
    }
}

@Suite struct TLSSetupTests {
    static let parameters = [
        "AT+SSLCFG=\"sslversion\",88,3", "AT+SSLCFG=\"ciphersuite\",88,0XFFFF",
        "AT+SSLCFG=\"cacert\",88,\"cb-ca-a.crt\"", "AT+SSLCFG=\"clientcert\",88,\"cb-cert-a.crt\"",
        "AT+SSLCFG=\"clientkey\",88,\"cb-key-a.key\"", "AT+SSLCFG=\"seclevel\",88,2",
        "AT+SSLCFG=\"hostname\",88,\"broker.example\"", "AT+SSLCFG=\"ignorelocaltime\",88,1",
    ]

    static func writing(_ name: String, _ size: Int, _ spelling: [String] = ["AT+FSFSIZE"]) -> [String] {
        ["AT+FSDEL=\"\(name)\"", "AT+FSCREATE=\"\(name)\"", "AT+FSWRITE=\"\(name)\",0,\(size),15"]
            + spelling.map { "\($0)=\"\(name)\"" } + ["record"]
    }

    @Test func aFreshModuleAndThenTheSameAgain() {
        var rig = SetupRig()
        let first = rig.run()
        #expect(
            first.lines == Self.writing("cb-ca-a.crt", 90) + Self.writing("cb-cert-a.crt", 90)
                + Self.writing("cb-key-a.key", 90) + Self.parameters)
        #expect(first.end == .ready)
        #expect(first.setup.hasWritten)
        let second = rig.run()
        #expect(
            second.lines == [
                "AT+FSFSIZE=\"cb-ca-a.crt\"", "AT+FSFSIZE=\"cb-cert-a.crt\"", "AT+FSFSIZE=\"cb-key-a.key\"",
            ]
                + Self.parameters)
        #expect(!second.setup.hasWritten)
        #expect(rig.files.writes.count == 3, "flash is not worn")
    }

    @Test func serverVerifiedAlone() {
        var rig = SetupRig([.ca: .sample("ca")])
        let lines = rig.run().lines
        #expect(lines.contains("AT+SSLCFG=\"seclevel\",88,1"))
        #expect(!lines.contains { $0.contains("client") })
    }

    @Test func unverifiedWritesNoFiles() {
        var rig = SetupRig()
        rig.settings.verify = false
        rig.settings.ignoreLocalTime = false
        #expect(
            rig.run().lines == [
                "AT+SSLCFG=\"sslversion\",88,3", "AT+SSLCFG=\"ciphersuite\",88,0XFFFF", "AT+SSLCFG=\"seclevel\",88,0",
                "AT+SSLCFG=\"hostname\",88,\"broker.example\"", "AT+SSLCFG=\"ignorelocaltime\",88,0",
            ])
    }

    @Test func everyParameterIsSet() {
        var rig = SetupRig([.ca: .sample("ca")])
        rig.settings.cipherSuite = 0x003D
        rig.settings.negotiateTimeout = 60
        rig.settings.verifyMode = 1
        rig.settings.version = 4
        let lines = rig.run().lines
        for line in ["sslversion\",88,4", "ciphersuite\",88,0X003D", "negotiatetimeout\",88,60", "verifymode\",88,1"] {
            #expect(lines.contains("AT+SSLCFG=\"" + line))
        }
    }

    @Test func theOtherSpellingIsFoundOnce() {
        var rig = SetupRig()
        rig.files.spelling = .fsflsize
        let lines = rig.run().lines
        #expect(Array(lines.prefix(6)) == Self.writing("cb-ca-a.crt", 90, ["AT+FSFSIZE", "AT+FSFLSIZE"]))
        #expect(lines.filter { $0.hasPrefix("AT+FSFSIZE") }.count == 1)
    }

    /// Power fails after every step of every change of files, and again during the repair: the good set stays whole, the
    /// manifest says nothing untrue, and the next start comes to an end.
    @Test(arguments: [[TLSFileKind.ca], [.certificate, .key], [.ca, .certificate, .key], [.key]])
    func powerLossAfterEveryStep(changed: [TLSFileKind]) {
        let old = ProvisioningPlanTests.old
        var new = old
        for kind in changed { new[kind] = ProvisioningPlanTests.new[kind] }
        var start = SetupRig(old)
        let slots = start.run().setup.slots
        start.disk.carried(slots, name: "old")
        start.settings.files = new
        var whole = start
        let length = whole.run().lines.count
        #expect(length > 12)
        for first in 0...length {
            var rig = start
            _ = rig.run(steps: first)
            for second in 0...length {
                var again = rig
                _ = again.run(steps: second)
                #expect(again.disk.good == slots, "cut after \(first) and \(second)")
                #expect(again.isTrue([old, new]), "cut after \(first) and \(second)")
                for (kind, slot) in slots {
                    #expect(again.files.contents[TLSPlace(kind, slot).name] == old[kind]?.contents)
                }
                let (_, end, setup) = again.run()
                #expect(end == .ready)
                for (kind, file) in new {
                    #expect(again.files.contents[TLSPlace(kind, setup.slots[kind] ?? .a).name] == file.contents)
                }
            }
        }
    }

    /// A file that was cut half-way and then filled with something else up to its size cannot pass.
    @Test func aHalfWrittenFileOfTheRightSizeCannotPass() {
        var rig = SetupRig()
        _ = rig.run()
        rig.settings.files[.ca] = .sample("renewed-ca", size: 90)
        rig.disk.clear(TLSPlace(.ca, .b))
        var steps = 0
        while !rig.files.writes.contains("cb-ca-b.crt") {
            steps += 1
            var cut = rig
            _ = cut.run(steps: steps)
            if cut.files.writes.contains("cb-ca-b.crt") { rig = cut }
        }
        rig.files.contents["cb-ca-b.crt"] = [UInt8](repeating: 0x0D, count: 90)
        #expect(rig.disk.entries[TLSPlace(.ca, .b)] == nil)
        #expect(rig.run().end == .ready)
        #expect(rig.files.contents["cb-ca-b.crt"] == rig.settings.files[.ca]?.contents)
    }

    @Test func aFileThatGrewOrWentIsWrittenAnew() {
        for change: ([UInt8]?) in [nil, [1, 2, 3]] {
            var rig = SetupRig()
            _ = rig.run()
            rig.files.contents["cb-key-a.key"] = change
            #expect(rig.run().lines.contains("AT+FSWRITE=\"cb-key-a.key\",0,90,15"))
            #expect(rig.isTrue([ProvisioningPlanTests.new]))
        }
    }

    @Test func failuresAreToldApart() {
        let timeOut = CommandResult(lines: [Array("TimeOut".utf8)], final: .error)
        let error = CommandResult(final: .error)
        let cases: [(String, CommandResult, TLSFailure)] = [
            ("AT+FSWRITE", timeOut, .uploadCutShort(file: "cb-ca-a.crt")),
            ("AT+FSWRITE", error, .fileRefused(file: "cb-ca-a.crt", answer: "ERROR")),
            ("AT+FSCREATE", error, .fileRefused(file: "cb-ca-a.crt", answer: "ERROR")),
            ("AT+FSFSIZE", GoodModule.answer("+FSFSIZE: 89"), .wrongSize(file: "cb-ca-a.crt", expected: 90, found: 89)),
            ("AT+SSLCFG=\"cacert\"", error, .parameterRefused(key: "cacert", answer: "ERROR")),
            ("AT+SSLCFG=\"seclevel\"", error, .parameterRefused(key: "seclevel", answer: "ERROR")),
            ("AT+SSLCFG=\"hostname\"", error, .parameterRefused(key: "hostname", answer: "ERROR")),
        ]
        for (line, answer, failure) in cases {
            var rig = SetupRig()
            rig.answers[line] = answer
            #expect(rig.run().end == .failed(failure))
        }
        var full = SetupRig()
        full.files.room = 50
        #expect(full.run().end == .failed(.fileSystemFull(file: "cb-ca-a.crt", size: 90, free: 50)))
        #expect(full.disk.entries.isEmpty)
        var large = SetupRig([.ca: .sample("ca", size: 10241)])
        #expect(large.run().end == .failed(.unusable("ca has 10241 bytes, the module takes 10240")))
    }

    @Test func whatIsOnlyAWishMayBeRefused() {
        var rig = SetupRig()
        rig.settings.negotiateTimeout = 60
        rig.settings.ignoreLocalTime = false
        for key in ["negotiatetimeout", "ciphersuite", "ignorelocaltime"] {
            rig.answers["AT+SSLCFG=\"\(key)\""] = CommandResult(final: .error)
        }
        let (_, end, setup) = rig.run()
        #expect(end == .ready)
        #expect(setup.remarks.count == 3)
    }
}
