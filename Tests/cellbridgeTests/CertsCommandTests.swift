import Testing

@testable import BridgeRuntime
@testable import cellbridge

/// One at a time: getopt_long keeps its place in global variables.
@Suite(.serialized) struct CertsCommandTests {
    private func complaint<Target: Command>(_ words: [String], _ target: Target.Type) -> String? {
        do throws(UsageProblem) {
            _ = try OptionParser.parse(words, for: target)
            return nil
        } catch {
            return error.text
        }
    }

    @Test func everyOptionOfRotateReachesItsField() throws {
        let words = [
            "-c", "x.toml", "--certificate", "a.crt", "--key=a.key", "--ca", "ca.crt", "--install", "--wait", "2 min",
            "-v",
        ]
        guard case .run(let command) = try OptionParser.parse(words, for: CertsRotateCommand.self) else {
            Issue.record("help was not asked for")
            return
        }
        #expect(command.path == "x.toml")
        #expect(command.certificate == "a.crt" && command.key == "a.key" && command.ca == "ca.crt")
        #expect(command.installs && command.isVerbose)
        #expect(command.limit == .seconds(120))
    }

    @Test(arguments: [
        ([], "nothing to rotate: name --certificate and --key, or --ca"),
        (["--key", "k"], "--key needs the --certificate it belongs to"),
        (["--certificate", "c"], "--certificate needs its --key"),
        (["--wait", "soon", "--ca", "c"], "--wait soon: expected a duration such as 15ms or \"2 s\""),
        (["--instal", "--ca", "c", "x"], "x: certs rotate takes options only"),
    ])
    func rotateRefuses(words: [String], text: String) {
        #expect(complaint(words, CertsRotateCommand.self) == text)
    }

    @Test func theOthersTakeTheirFlags() throws {
        guard case .run(let list) = try OptionParser.parse(["--offline", "--json"], for: CertsListCommand.self),
            case .run(let verify) = try OptionParser.parse(["--json"], for: CertsVerifyCommand.self),
            case .run(let push) = try OptionParser.parse(["-c", "y"], for: CertsPushCommand.self)
        else {
            Issue.record("help was not asked for")
            return
        }
        #expect(list.isOffline && list.isJSON)
        #expect(!verify.isOffline && verify.common.isJSON)
        #expect(push.path == "y")
        #expect(complaint(["--jsn"], CertsPushCommand.self)?.hasPrefix("--jsn: unknown option") == true)
    }

    @Test func theGroupFindsItsCommands() {
        #expect(CommandGroup.certs.main(["--help"]) == .ok)
        #expect(CommandGroup.certs.main([]) == .usage)
        #expect(CommandGroup.certs.main(["lst"]) == .usage)
        #expect(CommandGroup.certs.main(["list", "--help"]) == .ok)
        for command in CommandGroup.certs.commands {
            #expect(command.name.hasPrefix("certs "))
            #expect(!command.examples.isEmpty)
        }
    }

    @Test func aValueOfTheConfigurationIsQuoted() {
        #expect(CertsRotateCommand.toml(#"/a "b"\c"#) == #""/a \"b\"\\c""#)
    }

    @Test func theOutcomesOfAPushAreTold() {
        var file = CertificatePush.Outcome(kind: "key", name: "cb-key-a.key", size: 1704, wasWritten: true)
        file.time = .milliseconds(349)
        #expect(CertsPush.line(file) == "key: written as cb-key-a.key, 1704 bytes in 0.3 s")
        file = CertificatePush.Outcome(kind: "ca", name: "cb-ca-b.crt", size: 9, wasWritten: false)
        #expect(CertsPush.line(file) == "ca: there already as cb-ca-b.crt, 9 bytes")
    }
}
