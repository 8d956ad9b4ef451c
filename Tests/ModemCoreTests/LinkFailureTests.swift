import ATProtocol
import ModemCore
import Testing

/// What every answer that is not the good one leads to.
@Suite struct LinkFailureTests {
    /// `ERROR` to these changes nothing in the order.
    @Test(arguments: [
        ("AT+CMEE=1", "ATI"), ("AT+CGMR", "AT+CGSN"), ("AT+CGSN", "AT+ICCID"), ("AT+ICCID", "AT+CIMI"),
        ("AT+CIMI", "AT+CPIN?"), ("AT+CGEREP=1", "AT+CEREG=1"), ("AT+CEREG=1", "AT+CGREG=1"),
        ("AT+CGREG=1", "AT+CEREG?"), ("AT+CEREG?", "AT+CGREG?"), ("AT+CGATT?", "AT+CGATT=1"),
        ("AT+CGPADDR", "AT+CGACT=1,1"), ("AT+CSQ", "AT+CIPMUX=0"), ("AT+CIPMUX=0", "AT+MQTTMSGSET=0"),
        ("AT+MQTTMSGSET", "AT+MQTTMODE=0"), ("AT+MQTTMODE", "AT+MDISCONNECT"), ("AT+MDISCONNECT", "AT+MIPCLOSE"),
        ("AT+MIPCLOSE", "AT+MCONFIG=\"box\",\"\",\"\""),
    ])
    func errorGoesOn(line: String, next: String) {
        let harness = LinkHarness.at(line)
        harness.complete(CommandResult(final: .error))
        #expect(harness.take() == [next])
    }

    @Test(arguments: ["ATE0", "ATI"]) func errorsOfABootingModuleAreAskedAgainForAWhile(line: String) {
        let harness = LinkHarness.at(line)
        for _ in 0..<3 {
            harness.complete(GoodModule.cme(4))
            #expect(harness.deadline == harness.now + .seconds(1))
            harness.expire()
            #expect(harness.take() == [line])
        }
        harness.pass(.seconds(30))
        harness.complete(GoodModule.cme(4))
        #expect(harness.take().count == 1, "and then goes on")
    }

    /// A time-out at any step: in step again, then the step's rung; never the same line for ever without a pause.
    @Test(arguments: LinkBringUpTests.introduction + LinkBringUpTests.session.filter { $0.hasPrefix("AT") })
    func timeOut(line: String) {
        let harness = LinkHarness.at(line)
        for _ in 0..<40 {
            harness.complete(CommandResult(final: .timedOut))
            #expect(harness.take().allSatisfy { $0 == "offline" })
            #expect(harness.summary == "resynchronising")
            harness.synchronised()
            harness.go(to: line)
            _ = harness.take()
        }
        #expect(harness.now > .seconds(300), "40 time-outs at \(line) took only \(harness.now)")
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func registrationIsToldApartByPrefix() {
        let harness = LinkHarness.at("AT+CEREG?")
        // Seen on hardware: +CGREG answers AT+CEREG? just after the URCs were enabled; it comes as a URC.
        harness.urc(.registration(domain: .cgreg, status: 2))
        harness.complete(GoodModule.ok)
        #expect(harness.take() == ["AT+CGREG?"])
        harness.complete(GoodModule.answer("+CGREG: 1,5"))
        #expect(harness.take() == ["AT+CGATT?"])
    }

    @Test func registrationByURCEndsTheWait() {
        let harness = LinkHarness.at("AT+CEREG?")
        harness.complete(GoodModule.answer("+CEREG: 1,2"))
        harness.complete(GoodModule.answer("+CGREG: 1,3"))
        #expect(harness.lastReport.contains("denies registration"))
        #expect(harness.deadline == harness.now + .seconds(2))
        harness.urc(.registration(domain: .cereg, status: 5))
        #expect(harness.deadline == harness.now)
    }

    /// Without registration for hours: when the radio was turned off and on first, and what was done in all.
    static let unregistered: [(status: Int, first: Int, actions: [String])] = [
        (0, 180, ["AT+CFUN=0", "AT+RESET", "reset hardware"]), (4, 180, ["AT+CFUN=0", "AT+RESET", "reset hardware"]),
        (2, 600, ["AT+CFUN=0", "AT+RESET"]), (3, 600, ["AT+CFUN=0", "AT+RESET"]),
    ]

    @Test(arguments: unregistered) func noRegistration(status: Int, first: Int, actions: [String]) throws {
        let harness = LinkHarness(LinkHarness.settings { $0.hasHardwareReset = true })
        harness.start()
        var seen: [(String, Duration)] = []
        while harness.now < .seconds(12 * 3600), harness.violations.isEmpty {
            harness.behave { line in
                line.hasPrefix("AT+C") && line.hasSuffix("REG?")
                    ? GoodModule.answer("\(line.dropLast().dropFirst(2)): 1,\(status)") : GoodModule.result(of: line)
            }
            let now = harness.now
            let actions = ["AT+CFUN=0", "AT+RESET", "reset hardware"]
            seen += harness.take().filter { actions.contains($0) }.map { ($0, now) }
        }
        #expect(seen.prefix(actions.count).map(\.0) == actions)
        #expect(Set(seen.map(\.0)) == Set(actions))
        let began = try #require(seen.first?.1)
        #expect(began >= .seconds(first) && began < .seconds(first + 10))
        if status == 2 || status == 3 {
            #expect(seen.filter { $0.0 == "AT+RESET" }.count == 1, "one a day: weather does not wear the module out")
        }
        #expect(harness.gaveUp == [], "and does not end the service")
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// Lost while online, and the radio searches: it is left alone for 10 minutes.
    @Test(arguments: [590, 1300]) func registrationLostWhileOnline(seconds: Int) {
        let harness = LinkHarness.online { $0.hasHardwareReset = true }
        let back = harness.now + .seconds(seconds)
        harness.urc(.registration(domain: .cereg, status: 2))
        harness.urc(.cgev(.pdnDeactivated(cid: 1)))
        var seen: [String] = []
        while !harness.isOnline, harness.now < .seconds(7200) {
            harness.behave { line in
                guard harness.now < back else { return GoodModule.result(of: line) }
                switch line {
                case "AT+CEREG?", "AT+CGREG?": return GoodModule.answer("\(line.dropLast().dropFirst(2)): 1,2")
                case "AT+CGATT?": return GoodModule.answer("+CGATT: 0")
                default: return GoodModule.result(of: line)
                }
            }
            seen += harness.take().filter { ["AT+CFUN=0", "AT+RESET", "reset hardware"].contains($0) }
        }
        #expect(harness.isOnline && harness.now < back + .seconds(10))
        #expect(seen == (seconds < 600 ? [] : ["AT+CFUN=0", "AT+RESET"]))
        #expect(harness.violations == [])
    }

    @Test func notAttached() {
        let harness = LinkHarness.at("AT+CGATT?")
        for _ in 0..<3 {
            harness.complete(GoodModule.answer("+CGATT: 0"))
            harness.complete(GoodModule.ok)
            #expect(harness.deadline == harness.now + .seconds(1))
            harness.expire()
        }
        #expect(harness.take() == ["AT+CGATT=1", "AT+CGATT?", "AT+CGATT=1", "AT+CGATT?", "AT+CGATT=1", "AT+CGATT?"])
        harness.pass(.seconds(181))
        harness.complete(GoodModule.answer("+CGATT: 0"))
        #expect(harness.take() == ["AT+CFUN=0"])
    }

    @Test func noAddress() {
        let harness = LinkHarness.at("AT+CGPADDR")
        harness.complete(GoodModule.answer("+CGPADDR: 1,\"0.0.0.0\""))
        harness.complete(CommandResult(final: .error))
        #expect(harness.deadline == harness.now + .seconds(5))
        harness.pass(.seconds(31))
        harness.expire()
        harness.complete(GoodModule.answer("+CGPADDR: 1"))
        #expect(harness.take() == ["AT+CGACT=1,1", "AT+CGPADDR=1", "AT+CFUN=0"])
        #expect(harness.lastReport.contains("check [module] apn"))
    }

    @Test func modesLeftUnsetAreMadeUpFor() {
        let harness = LinkHarness.at("AT+MQTTMSGSET")
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronised()
        #expect(harness.behave(until: { $0.isOnline }))
        let lines = harness.take()
        #expect(lines.contains("AT+MQTTMSGSET=0") && lines.contains("AT+MQTTMODE=0"))
    }
}
